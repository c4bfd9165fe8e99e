//! `rolodeck report`: what works, in figures.

use jiff::Timestamp;
use serde_json::json;

use super::output::Table;
use super::{Context, connect};
use crate::domain::Status;
use crate::domain::text::visible;
use crate::filter::{self, Filter, List};
use crate::store::{Dimension, Figures};
use crate::tui::when::lasting;
use crate::words::{Code, Failure};

/// Columns of the longest bar.
const BAR: usize = 20;

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:\n  \
    rolodeck report                                        contacts by status\n  \
    rolodeck report --by utm_campaign --limit 10           which campaigns bring whom\n  \
    rolodeck report --by week --filter 'source:calcom created:3mo'\n  \
    rolodeck report --by event_type --json                 for a script\n\n\
    A contact counts under each bot, form, page, event type and UTM value of its activities, and once in all. Test\n\
    activities and those in the trash do not count. Booking rate: contacts with a booking. Cancelled: of all bookings.\n\
    No-show: of the meetings whose time has come. To status: from the first touch to the first status (by status: to\n\
    that one); half of the contacts took less.")]
pub struct ReportArgs {
    /// Only contacts that this filter finds
    #[arg(long, allow_hyphen_values = true, value_name = "FILTER", default_value = "")]
    filter: String,
    /// By what: status, source, bot, form, page, `event_type`, owner, `utm_source`, `utm_medium`, `utm_campaign`,
    /// `utm_term`, `utm_content`, day, week, month
    #[arg(long, value_name = "WHAT", default_value = "status", value_parser = dimension)]
    by: Dimension,
    /// At most so many rows
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

fn dimension(word: &str) -> Result<Dimension, String> {
    let all: Vec<_> = Dimension::ALL.iter().map(|by| by.key_word()).collect();
    Dimension::parse(word).ok_or_else(|| format!("use one of: {}", all.join(", ")))
}

impl ReportArgs {
    pub(super) async fn run(&self, context: &Context) -> Result<Code, Failure> {
        let config = context.config()?;
        let bare = connect::store_of_now(context).await?;
        let store = connect::acting(&bare, &config).await?;
        let zone = config.user.time_zone();
        let filter = Filter::parse(
            &self.filter,
            &filter::Context {
                zone: zone.clone(),
                me: config.user.email(),
                custom: store.custom_fields().await?,
                ..filter::Context::new(List::Contacts, Timestamp::now())
            },
        )
        .map_err(|error| {
            Failure::usage("there is no report", error.to_string(), "correct the filter; quote it for the shell")
        })?;
        let mut report = store.report(&filter, self.by, &zone).await?;
        let left_out = report.rows.len().saturating_sub(self.limit);
        report.rows.truncate(self.limit);
        let mut out = context.out();
        if context.json {
            let mut json = serde_json::to_value(&report).unwrap_or_default();
            json["filter"] = json!(self.filter);
            json["left_out"] = json!(left_out);
            out.json(&json)?;
        } else {
            let most = report.rows.iter().map(|row| row.figures.contacts()).max().unwrap_or(0);
            let mut table = Table::new([
                self.by.title(),
                "contacts",
                "",
                "none",
                Status::Qualified.label(),
                "MQL",
                "SQL",
                Status::Disqualified.label(),
                "bookings",
                "booked",
                "cancelled",
                "no-show",
                "to status",
            ]);
            for column in [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] {
                table = table.right(column);
            }
            for row in &report.rows {
                table.row(cells(&visible(&row.label), &row.figures, most));
            }
            if report.rows.len() != 1 {
                table.row(cells("all", &report.total, 0));
            }
            out.table(&table)?;
            if left_out > 0 {
                out.line(&format!("{left_out} more; --limit shows them"))?;
            }
        }
        out.finish()?;
        drop(store);
        bare.close().await;
        Ok(Code::Done)
    }
}

fn cells(label: &str, figures: &Figures, most: i64) -> [String; 13] {
    let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| format!("{rate:.0} %"));
    let [none, qualified, marketing, sales, disqualified] = figures.statuses.map(|n| n.to_string());
    [
        label.to_owned(),
        figures.contacts().to_string(),
        bar(figures.contacts(), most),
        none,
        qualified,
        marketing,
        sales,
        disqualified,
        figures.bookings.to_string(),
        rate(figures.booking_rate()),
        rate(figures.cancel_rate()),
        rate(figures.no_show_rate()),
        figures.median_to_status.map_or_else(String::new, lasting),
    ]
}

/// A bar as long as its share of the largest; what is not nothing is seen.
fn bar(n: i64, most: i64) -> String {
    if n <= 0 || most <= 0 {
        return String::new();
    }
    "█".repeat((n as usize * BAR / most as usize).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_durations_read_well() {
        assert_eq!((bar(0, 9), bar(1, 1_000_000), bar(9, 9).chars().count()), (String::new(), "█".to_owned(), BAR));
        for (ms, words) in
            [(999, "0 s"), (61_000, "1 min"), (7_200_000, "2 h"), (172_799_000, "47 h"), (259_200_000, "3 d")]
        {
            assert_eq!(lasting(ms), words);
        }
    }
}
