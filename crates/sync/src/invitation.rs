//! The invitation a new colleague scans or opens: where the server is, a one-time code, and whom to trust.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use records::hex;
use thiserror::Error;

use crate::address::{Pin, ServerAddress, read_pin};
use crate::enrolment_code;
use crate::signature::KEY_PREFIX_BYTES;

const SCHEME: &str = "gridwalk://";
const OPENING: &str = "gridwalk://enrol?";
/// Everything but the unreserved characters of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `gridwalk://enrol?server=<address>&code=<code>&key=<16 hexadecimal digits>[&ca=<64 more>][&insecure=http]`. The
/// code is not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Address of the server, `http(s)://host[:port]`, without a slash at the end.
    pub server: String,
    /// The keeper of the server said that this `http://` may be read along; without it only this very
    /// machine is reached so.
    pub insecure_http: bool,
    /// The one-time code, digits only.
    pub code: String,
    /// First 16 hexadecimal digits of the SHA-256 of the server's key; `None` where address and code
    /// were typed.
    pub key_prefix: Option<String>,
    /// The one authority that may sign the server's certificate; without it whoever the system trusts may. An app that
    /// does not know of it reads the rest.
    pub pin: Option<Pin>,
}

/// Why a text is no invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvitationFault {
    /// There is no `gridwalk://enrol?` in it.
    #[error("not an invitation")]
    NotAnInvitation,
    /// No server, or its address is not one.
    #[error("the server's address is missing or wrong")]
    ServerWrong,
    /// Plain HTTP to another machine.
    #[error("http:// can be read along on the way: use https://, or say --insecure-http for a trial")]
    ServerOpen,
    /// No code, or a mistyped one.
    #[error("the code is missing or mistyped")]
    CodeWrong,
    /// There is no key, or it is not 16 hexadecimal digits; or an authority is named that is none.
    #[error("the key is missing, cut off or wrong")]
    KeyWrong,
}

impl InvitationFault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnInvitation => "invitation.not_one",
            Self::ServerWrong => "invitation.server_wrong",
            Self::ServerOpen => "invitation.server_open",
            Self::CodeWrong => "invitation.code_wrong",
            Self::KeyWrong => "invitation.key_wrong",
        }
    }
}

impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Invitation");
        shown.field("server", &self.server).field("key_prefix", &self.key_prefix);
        shown.finish_non_exhaustive()
    }
}

impl Invitation {
    /// An invitation from what a person entered: a message that has the link in it, or an address and
    /// a code.
    ///
    /// # Errors
    /// [`InvitationFault`] naming what is wrong.
    pub fn entered(text: &str, code: &str) -> Result<Self, InvitationFault> {
        if text.contains(SCHEME) { text.parse() } else { Self::typed(text, code) }
    }

    /// An invitation from what a person typed: an address and a code. Nothing tells the right server
    /// from another here but the address, so that it has to be a safe one.
    ///
    /// # Errors
    /// [`InvitationFault`] naming what is wrong.
    pub fn typed(server: &str, code: &str) -> Result<Self, InvitationFault> {
        let server = checked_server(server, false)?;
        let code = enrolment_code::normalised(code).ok_or(InvitationFault::CodeWrong)?;
        Ok(Self { server, insecure_http: false, code, key_prefix: None, pin: None })
    }

    /// The first bytes of the SHA-256 of the server's key, as
    /// [`read_enrol_answer`](crate::device::read_enrol_answer) takes them.
    pub fn expected_key(&self) -> Option<Vec<u8>> {
        self.key_prefix.as_deref().and_then(hex::bytes)
    }

    /// Where the server is, and by which authority it is known.
    pub fn address(&self) -> ServerAddress {
        ServerAddress { url: self.server.clone(), pin: self.pin }
    }
}

impl FromStr for Invitation {
    type Err = InvitationFault;

    /// Finds the link wherever it stands: people paste the whole message.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (_, query) = text.split_once(OPENING).ok_or(InvitationFault::NotAnInvitation)?;
        let query = &query[..query.find(|c| !is_of_link(c)).unwrap_or(query.len())];
        let value = |name: &str| parameter(query, name);
        let insecure_http = value("insecure").as_deref() == Some("http");
        let server = checked_server(&value("server").unwrap_or_default(), insecure_http)?;
        let code = value("code").and_then(|code| enrolment_code::normalised(&code));
        let code = code.ok_or(InvitationFault::CodeWrong)?;
        let key = checked_key(value("key").ok_or(InvitationFault::KeyWrong)?.trim_end_matches('.'))?;
        let pin = value("ca").map(|pin| checked_pin(pin.trim_end_matches('.'), &server)).transpose()?;
        Ok(Self { server, insecure_http, code, key_prefix: Some(key), pin })
    }
}

/// Whether a character can stand in a link; whatever else follows is the rest of the message.
fn is_of_link(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~%&=:/[]+".contains(c)
}

impl fmt::Display for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = utf8_percent_encode(&self.server, ENCODED);
        write!(f, "{OPENING}server={server}&code={}", self.code)?;
        self.key_prefix.iter().try_for_each(|key| write!(f, "&key={key}"))?;
        self.pin.iter().try_for_each(|pin| write!(f, "&ca={}", hex::digits(pin)))?;
        f.write_str(if self.insecure_http { "&insecure=http" } else { "" })
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// The address in its one form. One without `http` is not guessed at: the two differ in who can read
/// along, and so plain HTTP leads no further than this machine unless somebody said that it may.
///
/// # Errors
/// [`InvitationFault::ServerWrong`] and [`InvitationFault::ServerOpen`].
pub fn checked_server(text: &str, insecure_http: bool) -> Result<String, InvitationFault> {
    let server = text.trim().trim_end_matches('/');
    let (scheme, host) = server.split_once("://").ok_or(InvitationFault::ServerWrong)?;
    let is_host = !host.is_empty()
        && !host.starts_with(':')
        && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "@\\\"<>#?".contains(c));
    match () {
        () if !is_host => Err(InvitationFault::ServerWrong),
        () if scheme.eq_ignore_ascii_case("https") => Ok(server.to_owned()),
        () if !scheme.eq_ignore_ascii_case("http") => Err(InvitationFault::ServerWrong),
        () if insecure_http || is_this_machine(host) => Ok(server.to_owned()),
        () => Err(InvitationFault::ServerOpen),
    }
}

/// Whether `host[:port][/path]` never leaves the device.
fn is_this_machine(host: &str) -> bool {
    let host = host.split('/').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn checked_key(text: &str) -> Result<String, InvitationFault> {
    match hex::bytes(text) {
        Some(prefix) if prefix.len() == KEY_PREFIX_BYTES => Ok(text.to_ascii_lowercase()),
        _ => Err(InvitationFault::KeyWrong),
    }
}

/// Who names an authority means TLS: an address without it was altered.
fn checked_pin(text: &str, server: &str) -> Result<Pin, InvitationFault> {
    if !is_https(server) {
        return Err(InvitationFault::ServerWrong);
    }
    read_pin(text).ok_or(InvitationFault::KeyWrong)
}

/// Whether an address is reached by TLS.
pub fn is_https(server: &str) -> bool {
    server.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Invitation {
        Invitation {
            server: "https://grid.example:8443/wg".to_owned(),
            insecure_http: false,
            code: enrolment_code::with_check_digit("123456789"),
            key_prefix: Some("00ff10a2b3c4d5e6".to_owned()),
            pin: None,
        }
    }

    #[test]
    fn an_invitation_reads_what_it_writes() {
        let invitation = sample();
        let text = invitation.to_string();
        assert!(text.starts_with("gridwalk://enrol?server=https%3A%2F%2Fgrid"), "{text}");
        assert_eq!(text.parse(), Ok(invitation.clone()));
        assert_eq!(invitation.expected_key().unwrap()[..3], [0x00, 0xff, 0x10]);
        let trial =
            Invitation { server: "http://10.0.0.2:7420".to_owned(), insecure_http: true, ..invitation };
        assert_eq!(trial.to_string().parse(), Ok(trial));
    }

    #[test]
    fn an_authority_is_named_and_never_half() {
        let pinned = Invitation { pin: Some([0x0a; 32]), ..sample() };
        let (text, pin) = (pinned.to_string(), "0a".repeat(32));
        assert!(text.ends_with(&format!("&key=00ff10a2b3c4d5e6&ca={pin}")), "{text}");
        assert_eq!(Invitation::entered(&format!("请点{text}. 谢谢"), ""), Ok(pinned.clone()));
        assert_eq!(pinned.address().pin, Some([0x0a; 32]));
        for end in 1..pin.len() {
            let cut = &text[..text.len() - end];
            assert_eq!(cut.parse::<Invitation>(), Err(InvitationFault::KeyWrong), "{cut}");
        }
        let insecure =
            Invitation { server: "http://10.0.0.2:7420".to_owned(), insecure_http: true, ..pinned };
        assert_eq!(insecure.to_string().parse::<Invitation>(), Err(InvitationFault::ServerWrong));
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
            (good.replace("&key=", "&not="), InvitationFault::KeyWrong),
            (good.replace("https", "http"), InvitationFault::ServerOpen),
        ];
        for (text, fault) in cases {
            assert_eq!(text.parse::<Invitation>(), Err(fault), "{text}");
        }
    }

    #[test]
    fn the_link_is_found_wherever_it_stands_in_a_message() {
        let (sample, link) = (sample(), sample().to_string());
        for message in [
            format!("  {link}\n"),
            format!("王姐您好，请点{link}。谢谢！"),
            format!("Please open {link}.\nThe code counts ten minutes."),
            format!("【邀请】（{link}）"),
        ] {
            assert_eq!(Invitation::entered(&message, "").as_ref(), Ok(&sample), "{message}");
        }
        let cut_off = Invitation::entered("gridwalk://enr", "");
        assert_eq!(cut_off, Err(InvitationFault::NotAnInvitation));
    }

    #[test]
    fn a_typed_address_is_tidied_but_never_guessed() {
        let code = enrolment_code::with_check_digit("123456789");
        let typed = Invitation::typed(" https://10.0.0.2:8080/ ", &code).unwrap();
        assert_eq!(typed.server, "https://10.0.0.2:8080");
        assert_eq!(Invitation::typed("10.0.0.2:8080", &code), Err(InvitationFault::ServerWrong));
        assert_eq!(Invitation::typed("https://a@b", &code), Err(InvitationFault::ServerWrong));
    }

    #[test]
    fn plain_http_leads_no_further_than_this_machine() {
        for here in
            ["http://127.0.0.1:7420", "http://127.9.9.9", "HTTP://LocalHost:80/x", "http://[::1]:7420"]
        {
            assert_eq!(checked_server(here, false).as_deref(), Ok(here));
        }
        for away in [
            "http://10.0.0.2:7420",
            "http://0.0.0.0:7420",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "http://[2001:db8::1]:7420",
            "http://127.1",
        ] {
            assert_eq!(checked_server(away, false), Err(InvitationFault::ServerOpen), "{away}");
            assert_eq!(checked_server(away, true).as_deref(), Ok(away), "where somebody said so");
        }
        assert_eq!(checked_server("ftp://127.0.0.1", true), Err(InvitationFault::ServerWrong));
    }

    #[test]
    fn the_code_is_not_shown() {
        let shown = format!("{:?}", sample());
        assert!(shown.contains("grid.example") && !shown.contains("123456"), "{shown}");
    }
}
