//! Which contact status? One key answers.

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::domain::text::visible;
use crate::domain::{ContactId, Status};
use crate::tui::actions::{Action, Place, actions};
use crate::tui::layer::{After, Layer};
use crate::tui::message::Effect;
use crate::tui::model::Model;
use crate::tui::theme::Meaning;
use crate::tui::update::status;
use crate::tui::view::common::canvas::Canvas;
use crate::tui::view::common::cut::width;
use crate::tui::view::common::window::window;

/// Where its keys count.
pub const PLACE: Place = Place("Status menu");

actions! {
    QUALIFIED: "status-qualified", "Qualified", "", [PLACE], ["q"];
    MARKETING_QUALIFIED: "status-marketing-qualified", "Marketing qualified", "", [PLACE], ["m"];
    SALES_QUALIFIED: "status-sales-qualified", "Sales qualified", "", [PLACE], ["s"];
    DISQUALIFIED: "status-disqualified", "Disqualified", "", [PLACE], ["d"];
    NONE: "status-none", "No status", "", [PLACE], ["n"];
}

#[allow(clippy::option_option)] // no status is one of the statuses to choose from
fn chosen(action: Action) -> Option<Option<Status>> {
    Some(match action {
        QUALIFIED => Some(Status::Qualified),
        MARKETING_QUALIFIED => Some(Status::MarketingQualified),
        SALES_QUALIFIED => Some(Status::SalesQualified),
        DISQUALIFIED => Some(Status::Disqualified),
        NONE => None,
        _ => return None,
    })
}

/// The dialog. The contacts were chosen when it opened, so that nothing moves under the fingers.
#[derive(Debug)]
pub struct StatusMenu {
    /// Whom it is for.
    pub contacts: Vec<ContactId>,
    /// Whom it is for, in words.
    pub whom: String,
}

impl Layer for StatusMenu {
    fn title(&self) -> String {
        format!("Status of {}", self.whom)
    }

    fn places(&self) -> &'static [Place] {
        &[PLACE, Place::DIALOG]
    }

    fn act(&mut self, action: Action, model: &mut Model, effects: &mut Vec<Effect>) -> After {
        let Some(status) = chosen(action) else { return After::Pass };
        status::set(model, std::mem::take(&mut self.contacts), status, effects);
        After::Close
    }

    /// A key that means nothing here closes it, so that it does not stay open unseen.
    fn key(&mut self, _: KeyEvent, _: &mut Model, _: &mut Vec<Effect>) -> After {
        After::Close
    }

    fn is_useful(&self, action: Action, _: &Model) -> bool {
        action != Action::Accept
    }

    fn draw(&self, model: &Model, canvas: &mut Canvas<'_>, body: Rect) -> Option<Position> {
        let title = self.title();
        let columns = (width(&visible(&title)) as u16 + 1).clamp(25, 50);
        let inner = window(canvas, body, (columns, ACTIONS.len() as u16), &title, "esc cancels");
        for (y, info) in (inner.y..inner.bottom()).zip(ACTIONS) {
            let Some(status) = chosen(info.action) else { continue };
            let line = Line::from(vec![
                canvas.span(model.keymap.key(info).to_owned(), Meaning::Key),
                Span::raw("  "),
                canvas.span(canvas.theme.glyphs.lamp, Meaning::of_status(status)),
                Span::raw(" "),
                canvas.span(info.label, Meaning::Text),
            ]);
            canvas.line(inner.x + 1, y, inner.width.saturating_sub(1), &line);
        }
        None
    }
}
