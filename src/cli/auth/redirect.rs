//! The address that the browser is sent back to, however it comes here: by the listener or by hand.

use reqwest::Url;
use secrecy::SecretString;

/// The path of the callback address; the app in Salesforce has the same.
pub(super) const PATH: &str = "/OauthRedirect";

/// What an address that came back says.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub(super) enum RedirectError {
    /// No address of a login.
    #[error("this is not the address of a login: it holds no `code`")]
    NotOurs,
    /// It belongs to another login, or somebody made it up.
    #[error("this address belongs to another login: its `state` is not the one that was sent")]
    WrongState,
    /// Salesforce said no.
    #[error("Salesforce refused the login: {error} {description}")]
    Refused {
        /// OAuth's `error`.
        error: String,
        /// OAuth's `error_description`.
        description: String,
    },
}

/// The callback address for a port.
pub(super) fn callback(port: u16) -> String {
    format!("http://localhost:{port}{PATH}")
}

/// The code in an address that came back: a whole address, or what stands after its question mark. `state` is what was
/// sent along; without the same one, nothing in the address is believed.
pub(super) fn code(text: &str, state: &str) -> Result<SecretString, RedirectError> {
    let text = text.trim().trim_matches(['"', '\'', '<', '>']);
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let Ok(url) = Url::parse(&format!("http://localhost/?{query}")) else { return Err(RedirectError::NotOurs) };
    let get = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).filter(|v| !v.is_empty())
    };
    let (code, error) = (get("code"), get("error"));
    if code.is_none() && error.is_none() {
        return Err(RedirectError::NotOurs);
    }
    if get("state").as_deref() != Some(state) {
        return Err(RedirectError::WrongState);
    }
    match (code, error) {
        (_, Some(error)) => {
            Err(RedirectError::Refused { error, description: get("error_description").unwrap_or_default() })
        }
        (Some(code), None) => Ok(code.into()),
        (None, None) => Err(RedirectError::NotOurs),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_code_is_found_in_what_people_paste() {
        for text in [
            "http://localhost:1717/OauthRedirect?code=aPrx%3D%3D&state=s1",
            "  \"http://localhost:1717/OauthRedirect?state=s1&code=aPrx%3D%3D#x\" ",
            "localhost:1717/OauthRedirect?code=aPrx%3D%3D&state=s1",
            "code=aPrx%3D%3D&state=s1",
            "?code=aPrx%3D%3D&state=s1\n",
        ] {
            assert_eq!(code(text, "s1").map(|code| code.expose_secret().to_owned()).as_deref(), Ok("aPrx=="), "{text}");
        }
    }

    #[test]
    fn what_is_not_of_this_login_is_not_believed() {
        for (text, expected) in [
            ("", RedirectError::NotOurs),
            ("aPrx==", RedirectError::NotOurs),
            ("http://localhost:1717/OauthRedirect?code=&state=s1", RedirectError::NotOurs),
            ("http://localhost:1717/OauthRedirect?code=x", RedirectError::WrongState),
            ("http://localhost:1717/OauthRedirect?code=x&state=s2", RedirectError::WrongState),
            ("http://localhost:1717/OauthRedirect?error=access_denied&state=s2", RedirectError::WrongState),
        ] {
            assert_eq!(code(text, "s1").unwrap_err(), expected, "{text}");
        }
        let refused = code("?error=access_denied&error_description=end-user%20denied&state=s1", "s1").unwrap_err();
        assert_eq!(refused.to_string(), "Salesforce refused the login: access_denied end-user denied");
    }

    proptest::proptest! {
        #[test]
        fn anything_can_be_pasted(text in "\\PC{0,80}", state in "[a-z]{3}") {
            let _ = code(&text, &state);
        }
    }
}
