//! A filter built by keys, saved, and found again after a restart.

use crate::folder;
use crate::terminal::Pty;

#[test]
fn a_filter_is_built_by_keys_saved_and_found_after_a_restart() {
    let folder = folder();
    let mut pty = Pty::start(folder.path(), (120, 40), &[]);
    pty.wait_for("Chidi Okafor");
    pty.press("3F");
    pty.wait_for("[ ] Scheduled");
    pty.press("\t"); // from the kinds to the states
    pty.press("j "); // requested, then scheduled
    pty.wait_for("[x] Scheduled");
    pty.press("F");
    pty.wait_gone("[x] Scheduled");
    pty.press("/ lindq");
    pty.wait_gone("Intro with Chidi");
    pty.press("\r");
    pty.press("w");
    pty.wait_for("Save the filter");
    pty.press("Bo's meetings\r");
    pty.wait_for("Saved as Bo's meetings");
    pty.press("1G=");
    pty.wait_for("Number key");
    pty.press("5\r");
    pty.wait_for("' 5 opens it");
    pty.press("q");
    assert!(pty.finish());

    let mut pty = Pty::start(folder.path(), (120, 40), &[]);
    pty.wait_for("5 Bo's meetings");
    pty.press("3c");
    pty.wait_for("Intro with Chidi");
    pty.press("2'5");
    pty.wait_gone("Intro with Chidi");
    pty.wait_for("Intro with Bo");
    // A rename can be taken back.
    pty.press("1Gr");
    pty.wait_for("Rename the filter");
    pty.press("!\r");
    pty.wait_for("Bo's meetings!");
    pty.press("u");
    pty.wait_gone("Bo's meetings!");
    // Into the trash and back by undo.
    pty.press("3t");
    pty.wait_for("1 activity in the trash");
    pty.wait_gone("Intro with Bo");
    pty.press("u");
    pty.wait_for("Intro with Bo");
    pty.press("q");
    assert!(pty.finish());
    pty.assert_restored();
}
