//! What is scanned, pasted and typed to come in: links in any message, addresses, one-time codes.

use sync::address::ServerAddress;
use sync::enrolment_code::{self, DIGITS};
use sync::invitation::{Invitation, checked_server, is_https};

pub(crate) fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (address, code) = text.split_once('\n').unwrap_or((&text, ""));
    for invitation in
        [text.parse::<Invitation>(), Invitation::entered(&text, ""), Invitation::typed(address, code)]
            .into_iter()
            .flatten()
    {
        is_right(&invitation);
    }
    if let Some(code) = enrolment_code::normalised(&text) {
        assert!(code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(enrolment_code::with_check_digit(&code[..DIGITS - 1]), code);
        assert_eq!(enrolment_code::normalised(&code), Some(code));
    }
    if let Some(address) = ServerAddress::parted(&text) {
        assert_eq!(ServerAddress::parted(&address.text()).map(|again| again.pin), Some(address.pin));
    }
}

fn is_right(invitation: &Invitation) {
    assert_eq!(
        checked_server(&invitation.server, invitation.insecure_http).as_deref(),
        Ok(&invitation.server[..]),
        "plain HTTP leads no further than this machine unless somebody said so"
    );
    assert!(invitation.pin.is_none() || is_https(&invitation.server));
    assert!(enrolment_code::normalised(&invitation.code).as_deref() == Some(&invitation.code[..]));
    assert!(
        !format!("{invitation:?}").contains(&invitation.code) || invitation.server.contains(&invitation.code)
    );
    if invitation.key_prefix.is_some() {
        let written = invitation.to_string();
        assert_eq!(written.parse(), Ok(invitation.clone()), "{written}");
        assert_eq!(Invitation::entered(&format!("请点{written}。"), ""), Ok(invitation.clone()));
    }
}
