//! Who may come in, as the person asks the server: nothing of it is kept here.

use std::fmt::Write as _;

use fast_qr::QRBuilder;
use records::access::{AccessAnswer, AccessAsk, AccessRequest, AskedPost, Colleague};
use records::call::{AccessTold, KnownPosts, ShownCode, ShownColleague};
use records::codes::Role;
use records::permissions::{fits, in_charge_of};
use records::rules::text::normalise;
use records::wire::PROTOCOL;
use records::{AreaPath, Fault};
use rusqlite::Connection;
use store::identity::{self, Identity};
use store::tables::area;
use sync::ServerAddress;
use sync::device::{Incoming, Outgoing};

use crate::{Answer, App, Context};

/// Most places of one role; of more one types which.
const MOST_PLACES: usize = 300;

/// A question that waits for the server's answer.
pub struct Asking {
    /// Address of the server.
    pub server: ServerAddress,
    /// The request for the shell to post.
    pub outgoing: Outgoing,
    nonce: [u8; 16],
    identity: Identity,
}

impl App {
    /// Prepares a question. Names and phones go as they are kept everywhere: without what nobody sees.
    ///
    /// # Errors
    /// `not_enrolled`.
    pub fn begin_access(&self, ask: AccessAsk, context: &mut Context<'_>) -> Answer<Asking> {
        let (identity, pin) = self.store.read(|db| Ok((identity::identity(db)?, identity::pin(db)?)))?;
        let identity = identity.ok_or_else(|| Fault::new("not_enrolled"))?;
        let nonce = context.random::<16>();
        let request = AccessRequest { protocol: PROTOCOL, ask: tidied(ask), nonce: nonce.to_vec().into() };
        let outgoing = sync::access::request(&request, &identity.token);
        let server = ServerAddress { url: identity.server.clone(), pin };
        Ok(Asking { server, outgoing, nonce, identity })
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// `access.*` for what is not to be; `sync.*` when somebody else answered, or nobody could.
    pub fn finish_access(
        &self,
        asking: &Asking,
        incoming: &Incoming,
        context: &Context<'_>,
    ) -> Answer<AccessTold> {
        let key = asking.identity.server_key.as_slice().try_into().unwrap_or_default();
        let answer = sync::access::read_answer(incoming, &asking.nonce, &key);
        let answer = answer.map_err(|fault| Fault::new(fault.code()))?;
        Ok(match answer {
            AccessAnswer::Done => AccessTold::Done,
            AccessAnswer::Devices { devices } => AccessTold::Devices(devices),
            AccessAnswer::People { people, is_cut } => {
                let Identity { role, area, .. } = &asking.identity;
                let (people, posts) = self.store.read(|db| {
                    let people = people.into_iter().map(|who| shown(db, who));
                    Ok((people.collect::<store::Result<_>>()?, posts(db, *role, area)?))
                })?;
                AccessTold::People { people, is_cut, posts }
            }
            AccessAnswer::Code { account, given } => {
                let (side, squares) = squares(&given.invitation)?;
                let until_ms = context.now.utc_ms.saturating_add(given.lasts_ms);
                AccessTold::Code(ShownCode { account, invitation: given.invitation, until_ms, side, squares })
            }
        })
    }
}

fn tidied(ask: AccessAsk) -> AccessAsk {
    let whose = |post: AskedPost| AskedPost { of: post.of.map(|of| normalise(&of)), ..post };
    match ask {
        AccessAsk::Invite { name, post, phone } => {
            let phone = phone.map(|phone| normalise(&phone)).filter(|phone| !phone.is_empty());
            AccessAsk::Invite { name: normalise(&name), post: whose(post), phone }
        }
        AccessAsk::Assign { account, post } => AccessAsk::Assign { account, post: whose(post) },
        AccessAsk::People { words } => AccessAsk::People { words: normalise(&words) },
        ask => ask,
    }
}

fn shown(db: &Connection, who: Colleague) -> store::Result<ShownColleague> {
    let place = area::name(db, &who.area)?;
    Ok(ShownColleague { who, place })
}

/// The posts somebody may give, as far as their places are known here.
fn posts(db: &Connection, role: Role, area: &AreaPath) -> store::Result<Vec<KnownPosts>> {
    let inside = area::inside(db, area)?;
    let of = |role: &Role| {
        let places = inside.iter().filter(|(path, _)| fits(*role, path)).take(MOST_PLACES).cloned();
        KnownPosts { role: *role, places: places.collect() }
    };
    Ok(in_charge_of(role).iter().map(of).collect())
}

/// A text as a QR code: squares on each side, and the dark ones as a path.
fn squares(text: &str) -> Answer<(usize, String)> {
    let code = QRBuilder::new(text).build().map_err(|_| Fault::new("access.no_code"))?;
    let side = code.size;
    let mut path = String::new();
    for y in 0..side {
        let mut x = 0;
        while x < side {
            let length = (x..side).take_while(|x| code[y][*x].value()).count();
            if length > 0 {
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            x += length.max(1);
        }
    }
    Ok((side, path))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_family = "wasm")]
    use contract::test;

    #[test]
    fn a_code_has_its_three_corners() {
        let (side, path) =
            squares("gridwalk://enrol?server=https%3A%2F%2Fgrid.example&code=1234567897").unwrap();
        assert!(side >= 21 && path.starts_with("M0 0h7v1h-7z"), "{path}");
        let far = side - 7;
        for corner in [format!("M{far} 0h7v1h-7z"), format!("M0 {far}h7v1h-7z")] {
            assert!(path.contains(&corner), "{corner}");
        }
    }

    #[test]
    fn what_is_typed_goes_without_what_nobody_sees() {
        let post = AskedPost { role: Role::GridWorker, area: "230881/001/003/07".parse().unwrap(), of: None };
        let (name, phone) = (" 王\u{200b}芳　".to_owned(), Some("１３９ ".to_owned()));
        let AccessAsk::Invite { name, phone, .. } = tidied(AccessAsk::Invite { name, post, phone }) else {
            panic!()
        };
        assert_eq!((name.as_str(), phone.as_deref()), ("王芳", Some("139")));
    }
}
