//! The user's editor, for long text.

use std::io::Write;

use tokio::process::Command;

/// Opens `$VISUAL`, `$EDITOR` or `vi` on a text and returns what it was left with; an error is one line for people. The
/// file is readable by its owner alone and goes afterwards.
pub async fn edit(text: &str, suffix: &str) -> Result<String, String> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".to_owned());
    run(&editor, text, suffix).await
}

async fn run(editor: &str, text: &str, suffix: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("The editor `{editor}` can not be used: {error}");
    let mut file = tempfile::Builder::new().prefix("rolodeck-").suffix(suffix).tempfile().map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
    // As git does it: the variable may hold arguments and quotes, which a shell takes apart.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(file.path()).status().await;
    let status = status.map_err(failed)?;
    if !status.success() {
        return Err(format!("The editor `{editor}` failed ({status}); nothing was changed"));
    }
    // Editors may put a new file in the place of the old: read by name, not by handle.
    let bytes = tokio::fs::read(file.path()).await.map_err(failed)?;
    let text = String::from_utf8(bytes).map_err(|_| "The editor left no UTF-8 text; nothing was changed".to_owned())?;
    Ok(text.strip_suffix('\n').map_or(text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_editor_leaves_comes_back() {
        assert_eq!(run("printf ' and more' >>", "text", ".txt").await.unwrap(), "text and more");
        assert_eq!(run("sed -i s/a/b/", "a\n", ".txt").await.unwrap(), "b");
    }

    #[tokio::test]
    async fn a_failed_editor_changes_nothing() {
        assert!(run("false", "text", ".txt").await.unwrap_err().contains("nothing was changed"));
        assert!(run("no-such-editor-anywhere", "text", ".txt").await.is_err());
    }
}
