//! What every life begins with: a server with a few accounts and households, and devices that belong
//! to it. Made once; each life plays on copies.

use anyhow::{Context, Result};
use minicbor::bytes::ByteVec;
use records::codes::{CareLevel, HouseholdKind, Role};
use records::household::Household;
use records::{AccountId, DeviceId, Incarnation, Record, RecordId, Scope};
use rusqlite::Connection;
use server::database::account::{self, Account};
use server::database::device::{self, Device};
use server::database::{record, schema, write};
use server::load::{NewRecord, load};
use simulation::disk::{Disk, Image};
use store::Store;
use store::identity::{self, Identity};
use sync::seal::KeyPair;
use sync::signature::{digest, public_key};

use crate::model::{Model, Person};
use crate::work::Home;

/// When every life begins, ms since 1970 UTC.
pub const BEGIN_MS: i64 = 1_795_000_000_000;
/// Name of the server's file on its disk.
pub const SERVER_FILE: &str = "server.db";
/// Name of a device's file on its disk.
pub const DEVICE_FILE: &str = "gridwalk.db";
/// The server's secret key.
const SECRET: [u8; 32] = [7; 32];
/// The server's epoch.
const EPOCH: u64 = 1;
/// Households in each grid at the beginning.
const HOUSEHOLDS: u8 = 4;

/// Whose devices there are: two colleagues on one grid, one with two devices, one next door, and the
/// community's desk.
const PEOPLE: [(u8, Role, &str); 5] = [
    (1, Role::GridWorker, "230881/001/003/07"),
    (2, Role::GridWorker, "230881/001/003/07"),
    (1, Role::GridWorker, "230881/001/003/07"),
    (3, Role::GridWorker, "230881/001/003/08"),
    (4, Role::CommunityStaff, "230881/001/003"),
];

/// The beginning.
pub struct Stage {
    /// The server's disk.
    pub server: Image,
    /// The devices' disks, and whose they are.
    pub devices: Vec<(Image, AccountId)>,
    /// The server's secret key.
    pub secret: [u8; 32],
    /// The server's epoch.
    pub epoch: u64,
    /// The households there are.
    pub homes: Vec<Home>,
    model: Model,
}

impl Stage {
    /// Makes the beginning.
    ///
    /// # Errors
    /// Whatever the databases say.
    pub fn set() -> Result<Self> {
        let disk = Disk::new(0);
        let mut server = schema::open_on(disk.open(SERVER_FILE)?, BEGIN_MS)?;
        // Drawn by the operating system until here; every life must be the same in every process.
        server.execute("UPDATE signing_key SET secret = ?1", [SECRET])?;
        server.execute("UPDATE meta SET epoch = ?1", [EPOCH])?;
        let households = ["07", "08"].into_iter().zip(0u8..).flat_map(|(grid, g)| {
            (0..HOUSEHOLDS).map(move |n| (grid, RecordId::from_bytes([0x10 + g * HOUSEHOLDS + n; 16])))
        });
        let homes: Vec<Home> = households
            .map(|(grid, id)| Ok((id, format!("230881/001/003/{grid}#work").parse()?)))
            .collect::<Result<_>>()?;
        write(&mut server, |tx| {
            for (number, role, area) in people_once() {
                let area = area.parse().map_err(|_| server::ServerFault::Unwritable)?;
                let name = format!("人{number}");
                let account = Account { id: account_of(number), name, role, area, own: None, moved_ms: None };
                account::add(tx, &account, BEGIN_MS)?;
            }
            for (place, (number, _, _)) in (1u8..).zip(PEOPLE) {
                let id = DeviceId::from_bytes([0x40 + place; 16]);
                let device = Device { id, account: account_of(number), last_seen_ms: None, revoked_ms: None };
                device::add(tx, &device, "机", &digest(&token_of(place)), BEGIN_MS)?;
            }
            load(tx, homes.iter().map(|(id, scope)| new_record(*id, scope)))
        })?;
        let model = model_of(&server, &homes)?;
        drop(server);
        let key = public_key(&SECRET);
        let devices = (1u8..).zip(PEOPLE).map(|(place, person)| device_disk(place, person, &key));
        let devices = devices.collect::<Result<_>>()?;
        Ok(Self { server: disk.snapshot(), devices, secret: SECRET, epoch: EPOCH, homes, model })
    }

    /// What the server holds in the beginning.
    pub fn model(&self) -> Model {
        self.model.clone()
    }
}

fn model_of(server: &Connection, homes: &[Home]) -> Result<Model> {
    let mut model = Model::default();
    for (number, role, area) in people_once() {
        model.people.insert(account_of(number), Person::new(role, area.parse()?));
    }
    for (id, scope) in homes {
        let stored = record::lock(server, &[*id].into(), &[].into())?.records;
        let version = stored.first().context("a household was not loaded")?.record.version;
        let body = household(*id).to_body();
        let entry = (Household::DECLARATION.kind, scope.clone(), version, body, server::load::THE_SERVER);
        model.begin_with(*id, entry, BEGIN_MS);
    }
    Ok(model)
}

fn people_once() -> impl Iterator<Item = (u8, Role, &'static str)> {
    PEOPLE
        .into_iter()
        .enumerate()
        .filter(|(place, person)| !PEOPLE[..*place].iter().any(|other| other.0 == person.0))
        .map(|(_, person)| person)
}

fn account_of(number: u8) -> AccountId {
    AccountId::from_bytes([0x30 + number; 16])
}

fn token_of(place: u8) -> [u8; 32] {
    [place; 32]
}

fn device_disk(
    place: u8,
    (number, role, area): (u8, Role, &str),
    key: &[u8; 32],
) -> Result<(Image, AccountId)> {
    let disk = Disk::new(u64::from(place));
    let connection: Connection = disk.open(DEVICE_FILE)?;
    let mut store = Store::open(connection)?;
    let identity = Identity {
        device: DeviceId::from_bytes([0x40 + place; 16]),
        incarnation: Incarnation::from_bytes([0x50 + place; 16]),
        token: ByteVec::from(token_of(place).to_vec()),
        server_key: ByteVec::from(key.to_vec()),
        server: "http://127.0.0.1:7420".to_owned(),
        account: account_of(number),
        name: format!("人{number}"),
        role,
        area: area.parse()?,
    };
    let sealing_key = KeyPair::of_server(&SECRET).public;
    store.write(|tx| {
        identity::set_identity(tx, &identity)?;
        identity::set_sealing_key(tx, &sealing_key)
    })?;
    drop(store);
    Ok((disk.snapshot(), account_of(number)))
}

fn new_record(id: RecordId, scope: &Scope) -> NewRecord {
    NewRecord {
        id,
        kind: Household::DECLARATION.kind,
        scope: scope.clone(),
        body: household(id).to_body(),
        author: server::load::THE_SERVER,
        received_ms: BEGIN_MS,
    }
}

/// A household as it is made.
pub fn household(house: RecordId) -> Household {
    Household {
        house,
        head: None,
        kind: HouseholdKind::Family,
        residents: 2,
        care: CareLevel::Ordinary,
        care_since: None,
        categories: vec![],
        care_reason: None,
        review_on: None,
        has_partner: false,
        channel: None,
        services: vec![],
        note: None,
        left_on: None,
    }
}
