//! The corpus of hostile requests: each has a name and the code it must be refused with. After each, the audit names
//! that code, and every record, account and device is as it was.

mod access;
mod carried;
mod enrolment;
mod records;
pub mod roles;
mod values;
mod wire;

use std::collections::BTreeSet;

use ::records::codes::Role;
use ::records::handling::Handling;
use ::records::house::House;
use ::records::matter::Matter;
use ::records::person::Person;
use ::records::visit::Visit;
use ::records::wire::{Change, ErrorAnswer, Op, Outcome};
use ::records::{Body, Kind, Moment, Record, RecordId, Scope};
use server::database::{account, meta};
use server::posts::{NewPost, assign, dismiss, lock_out};
use sync::Invitation;
use sync::device::Incoming;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    roles_write_nothing_that_is_not_theirs,
    records_are_not_changed_as_nobody_may,
    values_that_no_app_sends_are_refused,
    bytes_are_refused_before_they_are_believed,
    codes_and_tokens_are_refused_to_whoever_has_none,
    what_is_carried_and_brought_is_refused_too,
    nobody_decides_who_comes_in_but_who_is_in_charge,
];

const DAY: i64 = 24 * 3_600_000;

/// One hostile request.
pub struct Case {
    name: String,
    code: &'static str,
    attack: Attack,
}

/// Makes the request; what the server says to it.
type Attack = Box<dyn Fn(&mut Stage) -> String>;

/// A case by its name and the code it must be refused with.
pub fn case(
    name: impl Into<String>,
    code: &'static str,
    attack: impl Fn(&mut Stage) -> String + 'static,
) -> Case {
    Case { name: name.into(), code, attack: Box::new(attack) }
}

/// A server with honest work on it, and devices of the one who did it and of others.
pub struct Stage {
    pub server: TestServer,
    /// Grid worker of grid 07, who made everything that is there.
    pub worker: Device,
    /// Grid worker of grid 06.
    pub neighbour: Device,
    /// Staff of the community.
    pub desk: Device,
    /// One device of every role.
    pub roles: Vec<(Role, Device)>,
    /// A device whose answer was lost, so that it was given another token.
    pub lost: Device,
    /// The code that enrolled it.
    pub used: Invitation,
    /// A device that was shut out, and one whose person has nothing any more.
    pub locked_out: Device,
    pub dismissed: Device,
    /// A community lead who was dismissed.
    pub former_lead: Device,
    pub other_administrator: Device,
    /// 周燕 of grid 06, who is another one than the worker of grid 07.
    pub neighbour_namesake: Device,
    /// One whose person took up a post that writes nothing.
    pub moved: Device,
    pub household: RecordId,
    pub person: RecordId,
    pub visit: RecordId,
    pub matter: RecordId,
    /// That the person's phone was shown.
    pub shown: RecordId,
}

impl Stage {
    fn on(on: On) -> Self {
        let server = TestServer::start(on);
        let mut worker = server.worker();
        let neighbour = server.enrol("马立新", Role::GridWorker, "230881/001/003/06");
        let desk = server.enrol("何静", Role::CommunityStaff, COMMUNITY);
        let roles = roles::ROLES.map(|(role, area)| (role, server.enrol(&format!("{role:?}"), role, area)));
        let invitation = server.invite("周燕", Role::GridWorker, GRID);
        let lost = Device::of(&server.url, &enrol(&server.url, &invitation, NONCE).unwrap());
        enrol(&server.url, &invitation, NONCE).unwrap();
        let [locked_out, dismissed, moved] =
            ["丢了", "离岗", "转岗"].map(|name| server.enrol(name, Role::GridWorker, GRID));
        let former_lead = server.enrol("离任", Role::CommunityLead, COMMUNITY);
        let other_administrator = server.enrol("另一位", Role::Administrator, "230881");
        let neighbour_namesake = server.enrol("周燕", Role::GridWorker, "230881/001/003/06");
        server.write(|connection| {
            meta::set_url(connection, &server.url)?;
            let of = |device: &Device| account::get(connection, device.enrolment.account);
            let member = NewPost { role: Role::Member, area: COMMUNITY.parse().unwrap(), own: None };
            lock_out(connection, locked_out.enrolment.device, NOW - DAY)?;
            dismiss(connection, &of(&dismissed)?, NOW - DAY)?;
            dismiss(connection, &of(&former_lead)?, NOW - DAY)?;
            assign(connection, &of(&moved)?, &member, NOW - DAY)
        });
        let [household, person, visit, matter, shown] = [(); 5].map(|()| new_id());
        let honest = [
            made(new_id(), &a_house()),
            create(household, "原样"),
            made(person, &a_person(household, "王芳")),
            made(visit, &Visit::met(household, Moment::beijing(NOW))),
            made(matter, &a_matter("楼道灯不亮")),
            made(shown, &Handling::shown(person, 5, None, Moment::beijing(NOW))),
        ];
        assert_eq!(worker.push(honest.to_vec()), Outcome::Applied);
        worker.pull();
        let roles = roles.into();
        let used = invitation;
        Self {
            server,
            worker,
            neighbour,
            desk,
            roles,
            lost,
            used,
            locked_out,
            dismissed,
            former_lead,
            other_administrator,
            neighbour_namesake,
            moved,
            household,
            person,
            visit,
            matter,
            shown,
        }
    }

    /// Everything that a hostile request must leave as it was.
    fn state(&self) -> Vec<String> {
        let tables = [
            ("scope", "name || ' ' || seq || ' ' || count || ' ' || digest"),
            ("record", "'' || version || ' ' || is_deleted"),
            ("account", "name || ' ' || role || ' ' || area"),
            ("access_grant", "scope || ' ' || is_within"),
            ("device", "name || ' ' || coalesce(revoked_ms, 0)"),
            ("attachment", "media"),
            ("quarantine", "'' || received_ms"),
        ];
        self.server.read(|snapshot| {
            let mut state = vec![];
            for (table, what) in tables {
                let sql = format!("SELECT {what} AS what FROM {table} ORDER BY what");
                state.extend(snapshot.all(&sql, vec![], |row| row.get::<String>(0))?);
            }
            Ok(state)
        })
    }

    /// Plays a case; what is wrong with its outcome, in words.
    fn play(&mut self, case: &Case) -> Vec<String> {
        let (before, noted) = (self.state(), self.server.audit().len());
        let said = (case.attack)(self);
        let entries = self.server.audit().split_off(noted);
        let is_noted = entries.iter().any(|entry| entry.about.as_deref() == Some(case.code));
        let wrong = [
            (said != case.code).then(|| format!("is answered {said}, not {}", case.code)),
            (!is_noted).then(|| "is not in the audit".to_owned()),
            (self.state() != before).then(|| "has changed something".to_owned()),
        ];
        wrong.into_iter().flatten().map(|wrong| format!("{} {wrong}", case.name)).collect()
    }
}

fn play(on: On, cases: Vec<Case>) {
    let mut stage = Stage::on(on);
    let wrong: Vec<String> = cases.iter().flat_map(|case| stage.play(case)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn roles_write_nothing_that_is_not_theirs(on: On) {
    play(on, roles::cases());
}

fn records_are_not_changed_as_nobody_may(on: On) {
    play(on, records::cases());
}

fn values_that_no_app_sends_are_refused(on: On) {
    play(on, values::cases());
}

fn bytes_are_refused_before_they_are_believed(on: On) {
    play(on, wire::cases());
}

fn codes_and_tokens_are_refused_to_whoever_has_none(on: On) {
    play(on, enrolment::cases());
}

fn what_is_carried_and_brought_is_refused_too(on: On) {
    play(on, carried::cases());
}

fn nobody_decides_who_comes_in_but_who_is_in_charge(on: On) {
    play(on, access::cases());
}

#[test]
fn the_corpus_has_two_hundred_requests_with_names_of_their_own() {
    let groups = [
        roles::cases(),
        records::cases(),
        values::cases(),
        wire::cases(),
        enrolment::cases(),
        carried::cases(),
        access::cases(),
    ];
    let names: Vec<String> = groups.into_iter().flatten().map(|case| case.name).collect();
    assert!(names.len() >= 200, "{}", names.len());
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
}

/// What a push of one commit is answered with.
pub fn pushed(device: &mut Device, ops: Vec<Op>) -> String {
    match device.push(ops) {
        Outcome::Refused { code } => code,
        other => format!("{other:?}"),
    }
}

/// The code of an answer that refuses.
pub fn refusal(incoming: &Incoming) -> String {
    match minicbor::decode::<ErrorAnswer>(&incoming.body) {
        Ok(answer) if incoming.status >= 400 => answer.code,
        _ => format!("answered with {}", incoming.status),
    }
}

/// The place where records of this type stand, as seen from grid 07.
pub fn place_of<R: Record>() -> Scope {
    let area: ::records::AreaPath = GRID.parse().unwrap();
    Scope::new(area.at_depth(R::DECLARATION.depth).unwrap(), R::DECLARATION.audience)
}

/// A new record where its type belongs.
pub fn made<R: Record>(id: RecordId, record: &R) -> Op {
    made_in(&place_of::<R>(), id, R::DECLARATION.kind, record.to_body())
}

/// A new record in this place.
pub fn made_in(scope: &Scope, id: RecordId, kind: Kind, body: Body) -> Op {
    Op { kind, ..op(id, Change::Create { scope: scope.clone(), body }) }
}

pub fn a_house() -> House {
    House {
        building_code: 2,
        building: "2号楼".into(),
        unit: "1单元".into(),
        room: "201".into(),
        estate: "沙河桥小区".into(),
        usage: ::records::codes::HouseUse::ALL[0],
        hint: None,
    }
}

pub fn a_person(household: RecordId, name: &str) -> Person {
    Person::named(household, name, ::records::codes::Relation::Head)
}

pub fn a_matter(subject: &str) -> Matter {
    Matter {
        item: None,
        list_version: 1,
        subject: subject.into(),
        place: "2号楼".into(),
        occurred: Moment::beijing(NOW),
        content: None,
        source: ::records::codes::MatterSource::Visit,
        household: None,
        visit: None,
        urgency: ::records::codes::Urgency::Normal,
        off_list_reason: Some("清单里没有".into()),
        department: None,
        limit_workdays: None,
        progress: None,
        photos: None,
    }
}
