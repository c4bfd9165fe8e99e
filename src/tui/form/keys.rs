//! The keys of every form, and what a dialog with a form in it has to do to use them.

use super::{Did, Form, Mode, Step};
use crate::tui::actions::{Action, Place, actions};

/// While one line is typed.
pub const LINE: Place = Place("Forms");
/// While a text of several lines is typed.
pub const LONG: Place = Place("Long texts");
/// While a choice or a box has the focus.
pub const CHOICE: Place = Place("Choices");
/// While a list of choices is open.
pub const LIST: Place = Place("Lists of choices");
/// While the form asks whether to leave.
pub const ASKING: Place = Place("Leaving a form");

/// While what the form is made of is still being read: what is typed waits for it ([`super::early`]).
pub const WAITING: Place = Place("Forms being read");

actions! {
    SAVE: "form-save", "Save", "save", [LINE, CHOICE], ["enter"];
    SAVE_LONG: "form-save-long", "Save", "save", [LONG], ["alt-enter"];
    NEXT: "form-next", "Next field", "next", [LINE, CHOICE, LONG], ["tab"];
    NEXT_LINE: "form-next-line", "Next field", "", [LINE, CHOICE], ["down"];
    PREVIOUS: "form-previous", "Previous field", "", [LINE, CHOICE, LONG], ["shift-tab"];
    PREVIOUS_LINE: "form-previous-line", "Previous field", "", [LINE, CHOICE], ["up"];
    TOGGLE: "form-choose", "Open the choices, tick", "choose", [CHOICE], ["space"];
    EMPTY: "form-empty", "Empty the field", "", [CHOICE], ["delete" "backspace"];
    EDITOR: "form-editor", "Write in $EDITOR", "editor", [LONG], ["ctrl-e"];
    TAKE: "form-take", "Take the choice", "take", [LIST], ["enter"];
    BLANK: "form-take-or-blank", "Take the choice, or a blank within its name", "", [LIST], ["space"];
    DOWN: "form-list-down", "Down", "", [LIST], ["down" "ctrl-n" "tab"];
    UP: "form-list-up", "Up", "", [LIST], ["up" "ctrl-p" "shift-tab"];
    YES: "form-leave", "Leave without saving", "yes", [ASKING], ["y"];
    NO: "form-stay", "Go on", "no", [ASKING], ["n" "esc" "enter"];
    CANCEL: "form-cancel", "Leave", "cancel", [LINE, LONG, CHOICE, LIST, WAITING], ["esc" "ctrl-c"];
}

/// What a dialog does after a key of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The key was the form's own business.
    Stay,
    /// Take what was typed.
    Save,
    /// Close, nothing is kept.
    Leave,
    /// Open `$EDITOR` for the focused field.
    Editor,
    /// The key is none of the form.
    Pass,
}

/// Where the keys of a form are looked up now. The dialog returns this from its `places`.
pub fn places(form: &Form) -> &'static [Place] {
    match form.mode() {
        Mode::Line => &[LINE],
        Mode::Long => &[LONG],
        Mode::Choice => &[CHOICE],
        Mode::List => &[LIST],
        Mode::Asking => &[ASKING],
    }
}

/// Does an action of a form. The dialog calls this first from its `act`.
pub fn act(form: &mut Form, action: Action) -> Outcome {
    let step = match action {
        SAVE | SAVE_LONG => Step::Save,
        NEXT | NEXT_LINE => Step::Next,
        PREVIOUS | PREVIOUS_LINE => Step::Previous,
        TOGGLE | TAKE => Step::Toggle,
        BLANK => Step::Blank,
        EMPTY => Step::Clear,
        DOWN => Step::Down,
        UP => Step::Up,
        YES => Step::Yes,
        NO => Step::No,
        CANCEL => Step::Leave,
        EDITOR => return Outcome::Editor,
        _ => return Outcome::Pass,
    };
    match form.step(step) {
        Did::Stay => Outcome::Stay,
        Did::Save => Outcome::Save,
        Did::Leave => Outcome::Leave,
    }
}
