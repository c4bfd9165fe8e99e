//! `rolodeck completions`: scripts for shells, and what they ask for while somebody types.
//!
//! The scripts know nothing themselves: at each tab they run the program with `ROLODECK_COMPLETE` set, which answers from
//! the same definitions that the command line is read by, and with the saved filters of the store.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::output::Out;
use super::{Args, Context, Global, connect};
use crate::config::DataDir;
use crate::filter;
use crate::store;
use crate::words::{Code, Failure};

/// Set by the scripts to the name of their shell.
const VARIABLE: &str = "ROLODECK_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&OurBash, &Elvish, &Fish, &Powershell, &OurZsh]);

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "The script asks the program itself, at each tab: commands, options, values, files, and the filters that you saved.\n\n\
    Examples:\n  \
    source <(rolodeck completions bash)\n  \
    rolodeck completions bash > ~/.local/share/bash-completion/completions/rolodeck\n  \
    rolodeck completions zsh > ~/.zfunc/_rolodeck\n  \
    rolodeck completions fish > ~/.config/fish/completions/rolodeck.fish"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: ShellName,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum ShellName {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl ShellName {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &OurBash,
            Self::Elvish => &Elvish,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
            Self::Zsh => &OurZsh,
        }
    }
}

impl CompletionsArgs {
    pub(super) fn run(&self) -> Result<Code, Failure> {
        let mut script = Vec::new();
        let written =
            self.shell.completer().write_registration(VARIABLE, "rolodeck", "rolodeck", "rolodeck", &mut script);
        let mut out = Out::stdout();
        written.map_err(super::output::OutputError::from)?;
        out.raw(&script)?;
        out.finish()?;
        Ok(Code::Done)
    }
}

/// Answers a shell that asks how a word may go on; true: this was one. To be called before anything else: it changes the
/// environment. A shell that asks for what cannot be answered hears nothing, for its script would show it as words.
pub fn answer_shell() -> bool {
    if std::env::var_os(VARIABLE).is_none_or(|shell| shell.is_empty() || shell == "0") {
        return false;
    }
    let env =
        CompleteEnv::with_factory(Args::command).var(VARIABLE).bin("rolodeck").completer("rolodeck").shells(SHELLS);
    let _nobody_is_told = env.try_complete(std::env::args_os(), std::env::current_dir().ok().as_deref());
    true
}

/// The user's saved filters.
pub(super) fn saved_filters() -> ArgValueCompleter {
    ArgValueCompleter::new(|word: &OsStr| fitting(word, saved()))
}

/// The same, and the fixed filters.
pub(super) fn filters() -> ArgValueCompleter {
    ArgValueCompleter::new(|word: &OsStr| {
        let fixed = filter::presets().iter().map(|preset| (preset.label.to_owned(), preset.query.to_owned()));
        fitting(word, saved().into_iter().chain(fixed).collect())
    })
}

/// Names that go on as the word does, whatever its case, with their queries. Shells hand the word over as it was typed,
/// with quotes and backslashes.
fn fitting(word: &OsStr, names: Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let typed: String = word.to_string_lossy().chars().filter(|c| !matches!(c, '\\' | '"' | '\'')).collect();
    let typed = typed.to_lowercase();
    let fits = |name: &str| name.to_lowercase().starts_with(&typed);
    let shown = |query: String| Some(crate::domain::text::visible(&query).into_owned().into());
    names
        .into_iter()
        // No shell takes a line's end as part of a word; they are the separators of what it is told.
        .filter(|(name, _)| fits(name) && !name.contains(char::is_control))
        .map(|(name, query)| CompletionCandidate::new(name).help(shown(query)))
        .collect()
}

/// Names and queries of the saved filters of whoever completes; none if there is no store, or it cannot be read at once.
fn saved() -> Vec<(String, String)> {
    let read = || {
        let words: Vec<PathBuf> = std::env::args_os().skip_while(|word| word != "--").map(PathBuf::from).collect();
        let global = Global {
            config: named(&words, "--config").or_else(|| std::env::var_os("ROLODECK_CONFIG").map(PathBuf::from)),
            data_dir: named(&words, "--data-dir").or_else(|| std::env::var_os("ROLODECK_DATA_DIR").map(PathBuf::from)),
            ..Global::default()
        };
        let context = Context::new(&global).ok()?;
        let user = connect::actor(&context.config().ok()?);
        let file = DataDir::database_in(&context.paths.data_dir);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(store::glimpse_saved_filters(&file, &user)).ok()
    };
    read().unwrap_or_default()
}

/// The path after an option that stands on the line, whose other words need not be right yet.
fn named(words: &[PathBuf], option: &str) -> Option<PathBuf> {
    let at = words.iter().position(|word| word.as_os_str() == option);
    let next = || words.get(at? + 1).cloned();
    let joined =
        || words.iter().find_map(|word| word.to_str()?.strip_prefix(option)?.strip_prefix('=').map(PathBuf::from));
    let path = next().or_else(joined)?;
    // The shell hands over what was typed: the home directory is still a tilde.
    let home = path.strip_prefix("~").ok().and_then(|rest| Some(Path::new(&std::env::var_os("HOME")?).join(rest)));
    Some(home.unwrap_or(path))
}

/// The script for bash: `clap_complete`'s, but names with blanks are quoted as bash quotes file names, and a star in a name
/// is no pattern.
struct OurBash;

impl EnvCompleter for OurBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        _: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        let script = include_str!("../../assets/completion.bash");
        let script = script.replace("VARIABLE", var).replace("COMPLETER", completer).replace("PROGRAM", bin);
        buf.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<std::ffi::OsString>,
        directory: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, words, directory, buf)
    }
}

/// The script for zsh: `clap_complete`'s, which also answers the first tab when zsh loads it by itself from `fpath`.
struct OurZsh;

impl EnvCompleter for OurZsh {
    fn name(&self) -> &'static str {
        Zsh.name()
    }

    fn is(&self, name: &str) -> bool {
        Zsh.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        Zsh.write_registration(var, name, bin, completer, buf)?;
        writeln!(buf, "\nif [[ $funcstack[1] == _{name} ]]; then\n    _clap_dynamic_completer_{name} \"$@\"\nfi")
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<std::ffi::OsString>,
        directory: Option<&Path>,
        buf: &mut dyn Write,
    ) -> io::Result<()> {
        Zsh.write_complete(command, words, directory, buf)
    }
}
