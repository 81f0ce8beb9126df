//! Who may come in, as people see to it themselves: their own devices, and those they are in charge of by the table in
//! [`records::permissions`]. Who does it and to whom is read from the database; everything is in the audit.
//!
//! Somebody who does not exist and somebody one is not in charge of are answered alike.

use records::access::{AccessAnswer, AccessAsk, AskedPost, GivenCode, NAME_LENGTH};
use records::codes::Role;
use records::permissions::{in_charge_of, is_in_charge, is_own_hand, may_become};
use records::rules::text;
use records::scope::DepartmentCode;
use records::{AccountId, Audience, DeviceId};

use crate::database::account::{self, Account};
use crate::database::device::{self, Device};
use crate::database::people::{self, Wanted};
use crate::database::sql::Sql;
use crate::database::{enrolment, meta};
use crate::fault::ServerFault;
use crate::invite::{self, Address, Guest, USUAL_MINUTES};
use crate::posts::{self, NewPost};
use crate::session::{self, Session};
use crate::tokens;

/// Most devices of one person that are not shut out.
const MOST_DEVICES: usize = 10;
/// Most codes of one person, and most that one person gives out, among those that are remembered, which is for a day
/// after they have expired. Codes are told apart by three digits: who took them all would keep everybody out.
const MOST_CODES: (u64, u64) = (20, 300);

const NOT_PERMITTED: ServerFault = ServerFault::Access("access.not_permitted");
const UNKNOWN: ServerFault = ServerFault::Access("access.unknown");

/// Answers what somebody asks, or does it.
///
/// # Errors
/// [`ServerFault::TokenRefused`]; [`ServerFault::Revoked`] on a device that is shut out; [`ServerFault::Access`] for
/// what is not to be; a failure of the database.
pub fn answer(
    connection: &dyn Sql,
    token: &[u8],
    ask: &AccessAsk,
    now_ms: i64,
) -> Result<AccessAnswer, ServerFault> {
    let session = session::open(connection, token)?;
    if session.device.revoked_ms.is_some() {
        return Err(ServerFault::Revoked);
    }
    if !only_asks(ask) {
        tokens::settle(connection, &session, token, now_ms)?;
    }
    let me = account::get(connection, session.account)?;
    let asker = Asker { connection, session, me, now_ms };
    match ask {
        AccessAsk::Devices { of } => asker.devices(*of),
        AccessAsk::LockOut { device } => asker.lock_out(*device),
        AccessAsk::Code { of } => asker.code(*of),
        AccessAsk::People { words } => asker.people(words),
        AccessAsk::Invite { name, post, phone } => asker.invite(name, post, phone.as_deref()),
        AccessAsk::Assign { account, post } => asker.assign(*account, post),
        AccessAsk::Dismiss { account } => asker.dismiss(*account),
    }
}

/// Whether a question changes nothing.
pub fn only_asks(ask: &AccessAsk) -> bool {
    matches!(ask, AccessAsk::Devices { .. } | AccessAsk::People { .. })
}

/// Who asks.
struct Asker<'a> {
    connection: &'a dyn Sql,
    session: Session,
    me: Account,
    now_ms: i64,
}

impl Asker<'_> {
    fn devices(&self, of: Option<AccountId>) -> Result<AccessAnswer, ServerFault> {
        let this = self.session.device.id;
        let Some(of) = of else {
            return Ok(AccessAnswer::Devices {
                devices: people::devices(self.connection, self.me.id, this)?,
            });
        };
        let mut devices = people::devices(self.connection, self.in_charge(of)?.id, this)?;
        // When somebody was last there is nobody's business but theirs.
        devices.iter_mut().for_each(|device| device.seen_on_ms = None);
        Ok(AccessAnswer::Devices { devices })
    }

    fn lock_out(&self, id: DeviceId) -> Result<AccessAnswer, ServerFault> {
        let known = device::find(self.connection, id)?.ok_or(UNKNOWN)?;
        match known {
            Device { account, .. } if account != self.me.id => drop(self.in_charge(account)?),
            _ if id == self.session.device.id => return Err(ServerFault::Access("access.this_device")),
            _ => {}
        }
        if known.revoked_ms.is_none() {
            posts::lock_out_by(self.connection, Some(self.me.id), id, self.now_ms)?;
        }
        Ok(AccessAnswer::Done)
    }

    fn code(&self, of: Option<AccountId>) -> Result<AccessAnswer, ServerFault> {
        let whose = of.map_or_else(|| Ok(self.me.clone()), |of| self.in_charge(of))?;
        if account::grants(self.connection, whose.id)?.is_empty() {
            return Err(ServerFault::Access("access.dismissed"));
        }
        self.give_code(&whose)
    }

    fn people(&self, words: &str) -> Result<AccessAnswer, ServerFault> {
        self.manages()?;
        let words: String = words.trim().chars().take(NAME_LENGTH).filter(|c| *c != '\0').collect();
        let (roles, area) = (in_charge_of(self.me.role), &self.me.area);
        let wanted = Wanted { roles, area, but: self.me.id, words: &words };
        let (people, is_cut) = people::list(self.connection, wanted)?;
        Ok(AccessAnswer::People { people, is_cut })
    }

    fn invite(&self, name: &str, post: &AskedPost, phone: Option<&str>) -> Result<AccessAnswer, ServerFault> {
        let NewPost { role, area, own } = self.may_give(post)?;
        if is_own_hand((self.me.role, &self.me.name), (role, name)) {
            return Err(ServerFault::Access("access.own_hand"));
        }
        if [name].into_iter().chain(phone).any(|words| text::normalise(words) != words || is_broken(words)) {
            return Err(ServerFault::Access("record.text_hidden"));
        }
        if account::find(self.connection, name, role, &area)?.is_some() {
            return Err(ServerFault::Access("access.exists"));
        }
        let guest = Guest { name: name.to_owned(), role, area, own };
        let phone = phone.filter(|phone| !phone.is_empty()).map(str::to_owned);
        let new = invite::new_account(self.connection, &guest, phone, Some(self.me.id), self.now_ms)?;
        self.give_code(&new)
    }

    fn assign(&self, id: AccountId, post: &AskedPost) -> Result<AccessAnswer, ServerFault> {
        let person = self.in_charge(id)?;
        let post = self.may_give(post)?;
        if !may_become(person.role, post.role) {
            return Err(ServerFault::Access("access.stays_administrator"));
        }
        let namesake = account::find(self.connection, &person.name, post.role, &post.area)?;
        if namesake.is_some_and(|namesake| namesake.id != id) {
            return Err(ServerFault::Access("access.exists"));
        }
        posts::assign_by(self.connection, Some(self.me.id), &person, &post, self.now_ms)?;
        Ok(AccessAnswer::Done)
    }

    fn dismiss(&self, id: AccountId) -> Result<AccessAnswer, ServerFault> {
        let person = self.in_charge(id)?;
        if !account::grants(self.connection, id)?.is_empty() {
            posts::dismiss_by(self.connection, Some(self.me.id), &person, self.now_ms)?;
        }
        Ok(AccessAnswer::Done)
    }

    /// That who asks is in charge of anybody, and not dismissed.
    fn manages(&self) -> Result<(), ServerFault> {
        let is_in_office = !self.session.grants.is_empty() && !in_charge_of(self.me.role).is_empty();
        if is_in_office { Ok(()) } else { Err(NOT_PERMITTED) }
    }

    /// The account of somebody whom who asks is in charge of. Of anybody else not even that they exist is told.
    fn in_charge(&self, id: AccountId) -> Result<Account, ServerFault> {
        self.manages().map_err(|_| UNKNOWN)?;
        let person = account::known(self.connection, id)?.ok_or(UNKNOWN)?;
        let is_theirs = is_in_charge((self.me.role, &self.me.area), (person.role, &person.area));
        if is_theirs && id != self.me.id { Ok(person) } else { Err(UNKNOWN) }
    }

    /// The post, where it is theirs to give.
    fn may_give(&self, post: &AskedPost) -> Result<NewPost, ServerFault> {
        self.manages()?;
        if !is_in_charge((self.me.role, &self.me.area), (post.role, &post.area)) {
            return Err(NOT_PERMITTED);
        }
        let own = post.of.as_deref().map(|of| own(post.role, of)).transpose()?;
        Ok(NewPost { role: post.role, area: post.area.clone(), own })
    }

    /// A new code; those given out before for the same person count no longer.
    fn give_code(&self, whose: &Account) -> Result<AccessAnswer, ServerFault> {
        let Asker { connection, me, now_ms, .. } = self;
        let url = meta::url(*connection)?.ok_or(ServerFault::Access("access.no_address"))?;
        // Whoever keeps the server has said how it is reached, plain HTTP too.
        let address = Address::checked(&url, true)?;
        if people::count_devices(*connection, whose.id)? >= MOST_DEVICES {
            return Err(ServerFault::Access("access.too_many_devices"));
        }
        enrolment::void_open(*connection, whose.id)?;
        enrolment::forget_old(*connection, *now_ms)?;
        let (theirs, given) = enrolment::count(*connection, whose.id, me.id)?;
        if theirs >= MOST_CODES.0 || given >= MOST_CODES.1 {
            return Err(ServerFault::Access("access.too_many_codes"));
        }
        let invitation =
            invite::give_code(*connection, whose.id, &address, USUAL_MINUTES, Some(me.id), *now_ms)?;
        let lasts_ms = i64::from(USUAL_MINUTES) * 60_000;
        let given = GivenCode { invitation: invitation.to_string(), lasts_ms };
        Ok(AccessAnswer::Code { account: whose.id, given })
    }
}

/// Whether words have more than one line.
fn is_broken(words: &str) -> bool {
    words.chars().any(char::is_control)
}

/// A department is told by its name, a unit by its id; nobody else has one.
fn own(role: Role, of: &str) -> Result<Audience, ServerFault> {
    let wrong = ServerFault::Access("access.of_wrong");
    match role {
        Role::Department if !of.trim().is_empty() && of.chars().count() <= 60 => {
            Ok(Audience::Department(DepartmentCode::of(of)))
        }
        Role::UnitLiaison | Role::Contractor => of.parse().map(Audience::Unit).map_err(|_| wrong),
        _ => Err(wrong),
    }
}
