//! The first words of a server: who is answerable for it, and who administers it. Nothing else is there by default.

use records::area::Area;
use records::codes::{AreaKind, Role};
use records::{AreaPath, Audience, Record, Scope};
use sync::Invitation;

use crate::audit::{self, Entry, deed};
use crate::database::record;
use crate::database::sql::Sql;
use crate::fault::ServerFault;
use crate::invite::{Address, Guest, invite};
use crate::load::{NewRecord, THE_SERVER, load};
use crate::random;

/// Who is answerable for a server, and where it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The county or city; units below may not be host (国办函〔2026〕12号).
    pub county: AreaPath,
    /// Its name.
    pub county_name: String,
    /// 主办单位
    pub unit: String,
    /// 备案号
    pub filing: String,
    /// Name of the administrator, who holds no business data.
    pub administrator: String,
}

/// Begins an empty server; answers the invitation of its administrator, which counts once.
///
/// # Errors
/// [`ServerFault::Begun`] when anything is there already; [`ServerFault::AreaWrong`] for a county that is none;
/// [`ServerFault::HostWrong`] with a stable code for words that no record takes; a failure of the database.
pub fn begin(
    connection: &dyn Sql,
    host: &Host,
    address: &Address,
    minutes: u32,
    now_ms: i64,
) -> Result<Invitation, ServerFault> {
    if !record::is_empty(connection)? {
        return Err(ServerFault::Begun);
    }
    if host.county.depth() != Area::DECLARATION.depth {
        return Err(ServerFault::AreaWrong { role: Role::County, area: host.county.clone() });
    }
    let area = Area {
        path: host.county.clone(),
        kind: AreaKind::County,
        name: host.county_name.clone(),
        households: None,
        supervision_phone: None,
        host_unit: Some(host.unit.clone()),
        filing: Some(host.filing.clone()),
    };
    let body = area.to_body();
    (Area::DECLARATION.check)(&body).map_err(ServerFault::HostWrong)?;
    let record = NewRecord {
        id: random::record_id(now_ms),
        kind: Area::DECLARATION.kind,
        scope: Scope::new(host.county.clone(), Audience::Public),
        body,
        author: THE_SERVER,
        received_ms: now_ms,
    };
    load(connection, [record])?;
    audit::note(connection, &Entry::new(deed::BEGUN, now_ms).about(&host.county))?;
    let (name, area) = (host.administrator.clone(), host.county.clone());
    invite(connection, &Guest { name, role: Role::Administrator, area, own: None }, address, minutes, now_ms)
}
