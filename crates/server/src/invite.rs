//! Invitations: an account, new or known, and a one-time code for one more device of it.

use records::codes::Role;
use records::staff::Staff;
use records::{AccountId, AreaPath, Audience, Record, RecordId, Scope};
use sync::address::Pin;
use sync::enrolment_code::{DIGITS, SELECTOR_DIGITS, with_check_digit};
use sync::grants;
use sync::invitation::{InvitationFault, checked_server, is_https};
use sync::signature::{key_prefix, public_key};
use sync::{Invitation, ServerAddress};

use crate::audit::{self, Entry, deed};
use crate::database::account::{self, Account};
use crate::database::enrolment::{self, Enrolment};
use crate::database::meta;
use crate::database::sql::Sql;
use crate::enrol::code_hash;
use crate::fault::ServerFault;
use crate::load::{NewRecord, load};
use crate::random;

/// How long a code counts unless somebody says otherwise.
pub const USUAL_MINUTES: u32 = 10;
/// How often a free selector is looked for.
const SELECTOR_DRAWS: usize = 200;
/// Depth of the area whose colleagues see a staff record.
const COMMUNITY: usize = 3;

/// Whom to invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Shown name.
    pub name: String,
    /// What the person does.
    pub role: Role,
    /// Where.
    pub area: AreaPath,
    /// The department or unit, for roles that have one.
    pub own: Option<Audience>,
}

/// Where devices reach the server, as an invitation names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    server: ServerAddress,
    insecure_http: bool,
}

impl Address {
    /// An address that an invitation may name, with the pin of an authority behind `#ca=` where devices are to trust
    /// that one alone.
    ///
    /// # Errors
    /// [`ServerFault::AddressWrong`] for plain HTTP to another machine, unless the keeper said that it
    /// may be read along, and for anything else that is no address; also for a pin without TLS.
    pub fn checked(text: &str, insecure_http: bool) -> Result<Self, ServerFault> {
        let wrong = |fault| ServerFault::AddressWrong { address: text.to_owned(), fault };
        let server = ServerAddress::parted(text).ok_or_else(|| wrong(InvitationFault::KeyWrong))?;
        let url = checked_server(&server.url, insecure_http).map_err(wrong)?;
        // Said for an address that is safe anyway, it means nothing.
        let insecure_http = checked_server(&url, false).is_err();
        Self { server: ServerAddress { url, pin: None }, insecure_http }.pinned(server.pin)
    }

    /// The same address, where devices trust this authority alone; with `None` as it is.
    ///
    /// # Errors
    /// [`ServerFault::AddressWrong`] where it is reached without TLS.
    pub fn pinned(mut self, pin: Option<Pin>) -> Result<Self, ServerFault> {
        if pin.is_some() && !is_https(&self.server.url) {
            let fault = InvitationFault::ServerWrong;
            return Err(ServerFault::AddressWrong { address: self.server.url, fault });
        }
        self.server.pin = pin.or(self.server.pin);
        Ok(self)
    }

    /// The one authority that devices are to trust.
    pub fn pin(&self) -> Option<Pin> {
        self.server.pin
    }

    /// As it is kept for invitations made later.
    pub fn text(&self) -> String {
        self.server.text()
    }
}

/// Makes an invitation, and the account and staff record where they are new.
///
/// # Errors
/// [`ServerFault::AreaWrong`] for a place at which the role has nothing to do;
/// [`ServerFault::TooManyCodes`] when no more codes can be told apart; a failure of the database.
pub fn invite(
    connection: &dyn Sql,
    guest: &Guest,
    address: &Address,
    minutes: u32,
    now_ms: i64,
) -> Result<Invitation, ServerFault> {
    if !grants::fits(guest.role, &guest.area) {
        return Err(ServerFault::AreaWrong { role: guest.role, area: guest.area.clone() });
    }
    let known = account::find(connection, &guest.name, guest.role, &guest.area)?;
    let account = known.map_or_else(|| new_account(connection, guest, None, None, now_ms), Ok)?;
    enrolment::forget_old(connection, now_ms)?;
    give_code(connection, account.id, address, minutes, None, now_ms)
}

/// Gives out a one-time code for one more device of an account. `by` is whoever gives it, unless it is the server's
/// keeper.
///
/// # Errors
/// [`ServerFault::TooManyCodes`]; a failure of the database.
pub fn give_code(
    connection: &dyn Sql,
    account: AccountId,
    address: &Address,
    minutes: u32,
    by: Option<AccountId>,
    now_ms: i64,
) -> Result<Invitation, ServerFault> {
    let code = new_code(connection)?;
    let salt = random::bytes();
    enrolment::add(
        connection,
        &Enrolment {
            selector: code[..SELECTOR_DIGITS].to_owned(),
            salt,
            code_hash: code_hash(&salt, &code),
            account,
            expires_ms: now_ms + i64::from(minutes) * 60_000,
            tries: 0,
            used: None,
            made_by: by,
        },
    )?;
    audit::note(connection, &Entry::new(deed::INVITED, now_ms).of(account).by(by))?;
    let key = key_prefix(&public_key(&meta::secret_key(connection)?));
    let Address { server: ServerAddress { url: server, pin }, insecure_http } = address.clone();
    Ok(Invitation { server, insecure_http, code, key_prefix: Some(key), pin })
}

/// Makes an account and its staff record.
///
/// # Errors
/// [`ServerFault::Access`] with a stable code for a name or phone that no record takes; a failure of the database.
pub fn new_account(
    connection: &dyn Sql,
    guest: &Guest,
    phone: Option<String>,
    by: Option<AccountId>,
    now_ms: i64,
) -> Result<Account, ServerFault> {
    let id = random::account_id(now_ms);
    let Guest { name, role, area, own } = guest.clone();
    let account = Account { id, name, role, area, own, moved_ms: None };
    let record = staff_record(&account, phone, now_ms);
    (Staff::DECLARATION.check)(&record.body).map_err(ServerFault::Access)?;
    account::add(connection, &account, now_ms)?;
    load(connection, [record])?;
    let post = format!("{} {}", account.role.code(), account.area);
    audit::note(connection, &Entry::new(deed::ACCOUNT_MADE, now_ms).of(account.id).by(by).about(post))?;
    Ok(account)
}

fn staff_record(account: &Account, phone: Option<String>, now_ms: i64) -> NewRecord {
    let (name, role, area) = (account.name.clone(), account.role, account.area.clone());
    let community = area.at_depth(COMMUNITY).unwrap_or_else(|| area.clone());
    NewRecord {
        id: RecordId(account.id.0),
        kind: Staff::DECLARATION.kind,
        scope: Scope::new(community, Staff::DECLARATION.audience),
        body: Staff { name, role, area, phone }.to_body(),
        author: account.id,
        received_ms: now_ms,
    }
}

/// A code whose selector no other one has.
fn new_code(connection: &dyn Sql) -> Result<String, ServerFault> {
    for _ in 0..SELECTOR_DRAWS {
        let code = with_check_digit(&random::digits(DIGITS - 1));
        if !enrolment::is_taken(connection, &code[..SELECTOR_DIGITS])? {
            return Ok(code);
        }
    }
    Err(ServerFault::TooManyCodes)
}
