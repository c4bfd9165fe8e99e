# Completion of PROGRAM in bash, 3.2 and later. Asks the program itself at each tab.
_PROGRAM_complete() {
    local words=("${COMP_WORDS[@]}")
    # From 4 on, the word up to the cursor; before, bash gives no other than the whole one.
    if [[ ${BASH_VERSINFO[0]} -ge 4 ]]; then
        words[COMP_CWORD]="$2"
    fi
    local space=true
    if compopt +o nospace 2> /dev/null; then
        space=false
    fi
    # Read, not split: a name with a star is no pattern.
    COMPREPLY=()
    IFS=$'\013' read -r -d '' -a COMPREPLY < <(
        _CLAP_IFS=$'\013' \
        _CLAP_COMPLETE_INDEX=$COMP_CWORD \
        _CLAP_COMPLETE_COMP_TYPE=$COMP_TYPE \
        _CLAP_COMPLETE_SPACE=$space \
        VARIABLE=bash \
        COMPLETER -- "${words[@]}" 2> /dev/null
    )
    local reply
    for reply in "${COMPREPLY[@]}"; do
        if [[ $reply == *[^[:alnum:]_./:=@+,-]* ]]; then
            compopt -o filenames 2> /dev/null # so that bash quotes it
            break
        fi
    done
    if [[ $space == false && ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} =~ [=/:]$ ]]; then
        compopt -o nospace
    fi
}
complete -o nospace -o bashdefault -o nosort -F _PROGRAM_complete PROGRAM 2> /dev/null ||
    complete -o nospace -o bashdefault -F _PROGRAM_complete PROGRAM
