//! Where a meeting takes place, in the order in which Cal.com fills the Location of a Salesforce Event.

use serde_json::Value as Json;

use crate::ingest::json::text;

/// Place, and the address of the call if there is one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Location {
    pub place: Option<String>,
    pub join_url: Option<String>,
}

/// Video call address, else conference link, else an address in `location`, else the provider's name, else the text.
pub fn resolve(booking: &Json) -> Location {
    let url = booking.get("metadata").and_then(|metadata| text(metadata, "videoCallUrl"));
    let url = url.or_else(|| booking.get("videoCallData").and_then(|data| text(data, "url")));
    let url = url.or_else(|| booking.get("metadata").and_then(|metadata| text(metadata, "hangoutLink")));
    let url = url.filter(|url| is_url(url));
    let chosen = booking.pointer("/responses/location/value");
    let raw = text(booking, "location").or_else(|| chosen.and_then(|value| text(value, "value")));
    let detail = chosen.and_then(|value| text(value, "optionValue"));

    let url = url.or_else(|| raw.clone().filter(|raw| is_url(raw)));
    if let Some(url) = url {
        return Location { place: Some(url.clone()), join_url: Some(url) };
    }
    let place = raw.map(|raw| match raw.strip_prefix("integrations:") {
        Some(provider) => provider_name(provider),
        // "inPerson", "phone" and the like are kinds; what was typed or chosen with them says where.
        None => detail.unwrap_or(raw),
    });
    Location { place, join_url: None }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// `daily` is Cal.com's own video; of others the first part is the provider: `google:meet`, `office365_video`, `zoom`.
fn provider_name(provider: &str) -> String {
    let first = provider.split(':').next().unwrap_or(provider);
    if first == "daily" {
        return "Cal Video".to_owned();
    }
    let word = ["_video", "_conferencing"].iter().find_map(|suffix| first.strip_suffix(suffix)).unwrap_or(first);
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_places_holds() {
        let link = "https://app.cal.com/video/u1";
        let cases = [
            (json!({"location": "integrations:daily", "metadata": {"videoCallUrl": link}}), link),
            (json!({"location": "integrations:zoom", "videoCallData": {"url": link}}), link),
            (json!({"location": link}), link),
            (json!({"location": "integrations:daily"}), "Cal Video"),
            (json!({"location": "integrations:google:meet"}), "Google"),
            (json!({"location": "integrations:office365_video"}), "Office365"),
            (json!({"location": "Storgata 1, Oslo"}), "Storgata 1, Oslo"),
            (
                json!({"location": "inPerson", "responses": {"location": {"value": {"value": "inPerson", "optionValue": "Storgata 1"}}}}),
                "Storgata 1",
            ),
            (json!({"responses": {"location": {"value": {"value": "integrations:zoom", "optionValue": ""}}}}), "Zoom"),
        ];
        for (booking, place) in cases {
            assert_eq!(resolve(&booking).place.as_deref(), Some(place), "{booking}");
            assert_eq!(resolve(&booking).join_url.is_some(), place == link);
        }
        assert_eq!(resolve(&json!({})), Location::default());
        assert_eq!(resolve(&json!({"location": "integrations:"})).place.as_deref(), Some(""));
    }
}
