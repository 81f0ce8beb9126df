//! The invitation a new colleague scans or opens: where the server is, a one-time code, and whom to trust.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

use crate::enrolment_code;
use crate::signature::KEY_PREFIX_BYTES;

const OPENING: &str = "gridwalk://enrol?";
/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `gridwalk://enrol?server=<address>&code=<code>&key=<16 hexadecimal digits>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Address of the server, `http(s)://host[:port]`, without a slash at the end.
    pub server: String,
    /// The one-time code, digits only.
    pub code: String,
    /// First 16 hexadecimal digits of the SHA-256 of the server's key.
    pub key_prefix: Option<String>,
}

/// Why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvitationFault {
    /// It does not begin with `gridwalk://enrol?`.
    #[error("not an invitation")]
    NotAnInvitation,
    /// No server, or its address is not one.
    #[error("the server's address is missing or wrong")]
    ServerWrong,
    /// No code, or a mistyped one.
    #[error("the code is missing or mistyped")]
    CodeWrong,
    /// The key is not 16 hexadecimal digits.
    #[error("the key is cut off or wrong")]
    KeyWrong,
}

impl InvitationFault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnInvitation => "invitation.not_one",
            Self::ServerWrong => "invitation.server_wrong",
            Self::CodeWrong => "invitation.code_wrong",
            Self::KeyWrong => "invitation.key_wrong",
        }
    }
}

impl Invitation {
    /// An invitation from what a person typed: an address and a code.
    ///
    /// # Errors
    /// [`InvitationFault`] naming what is wrong.
    pub fn typed(server: &str, code: &str) -> Result<Self, InvitationFault> {
        let server = checked_server(server)?;
        let code = enrolment_code::normalised(code).ok_or(InvitationFault::CodeWrong)?;
        Ok(Self { server, code, key_prefix: None })
    }

    /// The first bytes of the SHA-256 of the server's key, as
    /// [`read_enrol_answer`](crate::device::read_enrol_answer) takes them.
    pub fn expected_key(&self) -> Option<Vec<u8>> {
        self.key_prefix.as_deref().and_then(hex_bytes)
    }
}

impl FromStr for Invitation {
    type Err = InvitationFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let query = text.trim().strip_prefix(OPENING).ok_or(InvitationFault::NotAnInvitation)?;
        let value = |name: &str| parameter(query, name);
        let server = value("server").ok_or(InvitationFault::ServerWrong)?;
        let code = value("code").ok_or(InvitationFault::CodeWrong)?;
        let typed = Self::typed(&server, &code)?;
        Ok(Self { key_prefix: value("key").map(checked_key).transpose()?, ..typed })
    }
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = utf8_percent_encode(&self.server, ENCODED);
        write!(f, "{OPENING}server={server}&code={}", self.code)?;
        self.key_prefix.iter().try_for_each(|key| write!(f, "&key={key}"))
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// An address typed without `http` is not guessed at: the two differ in who can read along.
fn checked_server(text: &str) -> Result<String, InvitationFault> {
    let server = text.trim().trim_end_matches('/');
    let (scheme, host) = server.split_once("://").ok_or(InvitationFault::ServerWrong)?;
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let is_host = !host.is_empty()
        && !host.starts_with(':')
        && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "@\\\"<>#?".contains(c));
    if is_http && is_host { Ok(server.to_owned()) } else { Err(InvitationFault::ServerWrong) }
}

fn checked_key(text: String) -> Result<String, InvitationFault> {
    match hex_bytes(&text) {
        Some(_) => Ok(text.to_ascii_lowercase()),
        None => Err(InvitationFault::KeyWrong),
    }
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 2 * KEY_PREFIX_BYTES)?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Invitation {
        Invitation {
            server: "https://grid.example:8443/wg".to_owned(),
            code: enrolment_code::with_check_digit("123456789"),
            key_prefix: Some("00ff10a2b3c4d5e6".to_owned()),
        }
    }

    #[test]
    fn an_invitation_reads_what_it_writes() {
        let invitation = sample();
        let text = invitation.to_string();
        assert!(text.starts_with("gridwalk://enrol?server=https%3A%2F%2Fgrid"), "{text}");
        assert_eq!(text.parse(), Ok(invitation.clone()));
        assert_eq!(invitation.expected_key().unwrap()[..3], [0x00, 0xff, 0x10]);
        let open = Invitation { key_prefix: None, ..invitation };
        assert_eq!(open.to_string().parse(), Ok(open));
    }

    #[test]
    fn a_wrong_one_says_what_is_wrong() {
        let good = sample().to_string();
        let cases = [
            ("https://grid.example".to_owned(), InvitationFault::NotAnInvitation),
            (good.replace("https%3A%2F%2F", ""), InvitationFault::ServerWrong),
            (good.replace("https", "ftp"), InvitationFault::ServerWrong),
            (good.replace("server=", "host="), InvitationFault::ServerWrong),
            (good.replace("code=1", "code=2"), InvitationFault::CodeWrong),
            (good.replace("00ff10a2", "00ff"), InvitationFault::KeyWrong),
            (good.replace("00ff10a2", "00fg10a2"), InvitationFault::KeyWrong),
        ];
        for (text, fault) in cases {
            assert_eq!(text.parse::<Invitation>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_typed_address_is_tidied_but_never_guessed() {
        let code = enrolment_code::with_check_digit("123456789");
        let typed = Invitation::typed(" http://10.0.0.2:8080/ ", &code).unwrap();
        assert_eq!(typed.server, "http://10.0.0.2:8080");
        assert_eq!(Invitation::typed("10.0.0.2:8080", &code), Err(InvitationFault::ServerWrong));
        assert_eq!(Invitation::typed("http://a@b", &code), Err(InvitationFault::ServerWrong));
    }
}
