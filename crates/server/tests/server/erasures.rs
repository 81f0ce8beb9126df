//! Erasing at the server: nothing of the person is left in any table, and everybody who reads is told to forget.

use records::codes::{
    Asker, ErasureCommand as Do, ErasureGround, IdentityCheck, MatterSource, Relation, Role, StopGround,
    Urgency,
};
use records::consent::Consent;
use records::erasure_request::{ErasureArgs, ErasureRequest};
use records::household::Household;
use records::matter::Matter;
use records::person::{ID_NUMBER, PHONE, Person};
use records::visit::Visit;
use records::wire::{Change, Op, Outcome};
use records::{Body, Moment, Patch, Record, RecordId};
use server::audit::deed;
use server::database::{quarantine, record};
use server::posts;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    nothing_of_the_erased_is_left_in_any_table,
    what_was_erased_is_refused_whatever_is_sent_of_it,
    an_edit_from_before_does_not_bring_a_word_back,
    late_work_about_the_erased_is_emptied,
    what_is_put_aside_is_kept_and_told_to_nobody,
    nobody_clears_what_stands_elsewhere,
];

const NAME: &str = "欧阳不存在";
const TEL: &str = "13812345678";
const NOTE: u32 = 12;

fn create<T: Record>(id: RecordId, audience: &str, value: &T) -> Op {
    let change = Change::Create { scope: scope(&format!("{GRID}#{audience}")), body: value.to_body() };
    Op { kind: T::DECLARATION.kind, ..op(id, change) }
}

struct Known {
    server: TestServer,
    worker: Device,
    lead: Device,
    home: RecordId,
    person: RecordId,
    request: RecordId,
}

/// A household of which much is known, and somebody of it who asks to be deleted.
fn known(on: On) -> Known {
    let server = TestServer::start(on);
    let mut worker = server.worker();
    let lead = server.enrol("郑书记", Role::CommunityLead, COMMUNITY);
    let (home, person, request, visit) = (new_id(), new_id(), new_id(), new_id());
    let at = Moment::beijing(NOW);
    let somebody = Person { phone: Some(TEL.to_owned()), ..Person::named(home, NAME, Relation::Head) };
    let matter = Matter {
        item: Some("01001".to_owned()),
        list_version: 1,
        subject: format!("{NAME}家漏水"),
        place: "2号楼".to_owned(),
        occurred: at,
        content: Some(format!("打{TEL}")),
        source: MatterSource::Visit,
        household: Some(home),
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: None,
        department: Some("住建局".to_owned()),
        limit_workdays: None,
        progress: None,
        photos: None,
    };
    let household = Household { head: Some(person), ..a_household(&format!("找{NAME}")) };
    let outcome = worker.push(vec![
        create(home, "work", &household),
        create(person, "sensitive", &somebody),
        create(visit, "work", &Visit { note: Some(format!("{NAME}说好")), ..Visit::met(home, at) }),
        create(new_id(), "work", &matter),
        create(
            new_id(),
            "sensitive",
            &Consent {
                person,
                field: ID_NUMBER,
                is_given: true,
                at,
                form: records::codes::ConsentForm::Spoken,
            },
        ),
        create(request, "sensitive", &asked(person)),
    ]);
    assert_eq!(outcome, Outcome::Applied);
    Known { server, worker, lead, home, person, request }
}

fn asked(person: RecordId) -> ErasureRequest {
    let (asker, checked, at) = (Asker::Person, IdentityCheck::Known, Moment::beijing(NOW));
    ErasureRequest { subject: person, asker, checked, at, decision: None }
}

fn decision(request: RecordId, person: RecordId, command: Do) -> Op {
    let args = ErasureArgs {
        subject: person,
        erased_for: Some(ErasureGround::ConsentWithdrawn),
        stopped_for: Some(StopGround::TermOfLaw),
        until: "2030-01-01".parse().ok(),
    };
    let change = Change::Command { command: command.code(), args: Body::of(&args) };
    Op { kind: ErasureRequest::DECLARATION.kind, ..op(request, change) }
}

impl Known {
    fn decide(&mut self, command: Do) -> Outcome {
        self.lead.push(vec![decision(self.request, self.person, command)])
    }

    /// Every body and every stamp that is kept.
    fn stands(&self, word: &str) -> bool {
        let has = |bytes: &[u8]| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        self.server.read(|sql| {
            let rows = sql.all("SELECT body, stamps FROM record", vec![], |row| {
                Ok((row.get::<Vec<u8>>(0)?, row.get::<Vec<u8>>(1)?))
            })?;
            let late = quarantine::bodies(sql)?;
            Ok(rows.iter().any(|(body, stamps)| has(body) || has(stamps))
                || late.iter().any(|(_, body, _)| has(body)))
        })
    }
}

fn edit_person(id: RecordId, base: u64, field: u32, value: &str) -> Op {
    Op { kind: Person::DECLARATION.kind, ..edit(id, base, field, value) }
}

fn nothing_of_the_erased_is_left_in_any_table(on: On) {
    let mut known = known(on);
    // Two write one phone: the value that loses is kept, until it is not.
    let mut colleague = known.server.enrol("吴迪", Role::GridWorker, GRID);
    colleague.pull();
    known.worker.pull();
    let (person, base) = (known.person, colleague.records[&known.person].1);
    known.worker.push(vec![edit_person(person, base, PHONE, "13900001111")]);
    colleague.clock_ms += 1_000;
    colleague.push(vec![edit_person(person, base, PHONE, "13900002222")]);
    for word in [NAME, TEL, "13900001111", "13900002222"] {
        assert!(known.stands(word), "{word}");
    }
    assert_eq!(known.decide(Do::Erase), Outcome::Applied);
    for word in [NAME, "13900001111", "13900002222"] {
        assert!(!known.stands(word), "{word}");
    }
    colleague.pull();
    assert_eq!(colleague.records[&person].2, None);
    let home = colleague.household(known.home);
    assert_eq!((home.note.as_deref(), home.head), (Some("找某人"), None));
    assert_eq!(colleague.of_kind(Consent::DECLARATION.kind).len(), 1, "that somebody agreed says no word");
    let reason = known.server.write(|sql| {
        let ids = [person].into();
        Ok(record::lock(sql, &ids, &Default::default())?.records[0].record.body.erased_for())
    });
    assert_eq!(reason, Some(ErasureGround::ConsentWithdrawn.code()));
    let audit = known.server.audit();
    let entry = audit.iter().find(|entry| entry.deed == deed::ERASED).unwrap();
    assert!(entry.times >= 5 && entry.about.is_none() && entry.by.is_some(), "{entry:?}");
}

fn what_was_erased_is_refused_whatever_is_sent_of_it(on: On) {
    let mut known = known(on);
    known.worker.pull();
    let (person, base) = (known.person, known.worker.records[&known.person].1);
    known.decide(Do::Erase);
    let of_person = |change| Op { kind: Person::DECLARATION.kind, ..op(person, change) };
    let again = Person { phone: Some(TEL.to_owned()), ..Person::named(known.home, NAME, Relation::Head) };
    for op in [
        edit_person(person, base, PHONE, "13900001111"),
        of_person(Change::Delete { base }),
        of_person(Change::Restore { base }),
        create(person, "sensitive", &again),
    ] {
        assert_eq!(known.worker.push(vec![op]), refused("record.cleared"));
    }
    assert_eq!(known.decide(Do::Resume), refused("erasure.state_wrong"));
    // Nor by another request about the same person.
    let second = new_id();
    known.worker.push(vec![create(second, "sensitive", &asked(person))]);
    assert_eq!(known.lead.push(vec![decision(second, person, Do::Stop)]), refused("record.cleared"));
    assert_eq!(known.lead.push(vec![decision(second, person, Do::Erase)]), Outcome::Applied);
    assert!(!known.stands(NAME) && !known.stands("13900001111"));
}

fn an_edit_from_before_does_not_bring_a_word_back(on: On) {
    let mut known = known(on);
    known.worker.pull();
    let base = known.worker.records[&known.home].1;
    known.server.pass(60_000);
    known.lead.clock_ms += 60_000;
    known.decide(Do::Erase);
    // Written before, sent after: it loses against what was reworded, and is not kept as a losing edit.
    let text = format!("{NAME}不在家");
    known.worker.clock_ms += 60_000;
    assert_eq!(known.worker.push(vec![edit(known.home, base, NOTE, &text)]), Outcome::Applied);
    assert!(!known.stands(NAME));
    known.worker.pull();
    assert_eq!(known.worker.household(known.home).note.as_deref(), Some("找某人"));
    // Whoever has read it writes on as ever.
    let base = known.worker.records[&known.home].1;
    let patch = Patch::of_fields(&[(NOTE, minicbor::to_vec("新的话").unwrap())]);
    let op = Op { at_ms: NOW + 60_000, ..op(known.home, Change::Edit { base, patch }) };
    assert_eq!(known.worker.push(vec![op]), Outcome::Applied);
    known.worker.pull();
    assert_eq!(known.worker.household(known.home).note.as_deref(), Some("新的话"));
}

fn late_work_about_the_erased_is_emptied(on: On) {
    let mut known = known(on);
    let mut left = known.server.enrol("离岗", Role::GridWorker, GRID);
    left.pull();
    let (person, base, home) = (known.person, left.records[&known.person].1, known.home);
    let account = left.enrolment.account;
    known.server.pass(1_000);
    let now_ms = known.server.now_ms();
    known.server.write(|sql| {
        let account = server::database::account::get(sql, account)?;
        posts::dismiss(sql, &account, now_ms)
    });
    known.server.pass(1_000);
    left.clock_ms += 2_000;
    let note = |text: &str| Visit { note: Some(text.to_owned()), ..Visit::met(home, Moment::beijing(NOW)) };
    for op in [
        edit_person(person, base, PHONE, "13900001111"),
        create(new_id(), "work", &note(&format!("{NAME}说好"))),
        create(new_id(), "work", &note("没有人")),
    ] {
        assert_eq!(left.push(vec![op]), Outcome::Quarantined);
    }
    assert_eq!(known.decide(Do::Erase), Outcome::Applied);
    assert!(!known.stands(NAME) && !known.stands("13900001111"));
    let waiting = known.server.read(quarantine::waiting);
    assert_eq!(waiting.len(), 1, "what does not speak of them still waits");
}

fn what_is_put_aside_is_kept_and_told_to_nobody(on: On) {
    let mut known = known(on);
    known.worker.pull();
    let (person, base) = (known.person, known.worker.records[&known.person].1);
    assert_eq!(known.decide(Do::Stop), Outcome::Applied);
    known.worker.pull();
    assert_eq!(known.worker.records[&person].2, None);
    assert!(known.stands(NAME), "the law keeps it");
    let restore = Op { kind: Person::DECLARATION.kind, ..op(person, Change::Restore { base }) };
    assert_eq!(known.worker.push(vec![restore]), refused("record.cleared"));
    assert_eq!(known.decide(Do::Resume), Outcome::Applied);
    known.worker.pull();
    let body = known.worker.records[&person].2.clone().unwrap();
    assert_eq!(Person::from_body(&body).unwrap().name, NAME);
    let now = known.worker.records[&person].1;
    assert_eq!(known.worker.push(vec![edit_person(person, now, PHONE, "13900001111")]), Outcome::Applied);
    // Deleted as an entry by mistake, it can be brought back as ever.
    known.worker.pull();
    let base = known.worker.records[&person].1;
    for change in [Change::Delete { base }, Change::Restore { base: base + 1 }] {
        let op = Op { kind: Person::DECLARATION.kind, ..op(person, change) };
        assert_eq!(known.worker.push(vec![op]), Outcome::Applied);
    }
}

fn nobody_clears_what_stands_elsewhere(on: On) {
    let mut known = known(on);
    let mut other = known.server.enrol("别处", Role::CommunityLead, "230881/001/004");
    let request = new_id();
    let elsewhere = scope("230881/001/004/01#sensitive");
    let change = Change::Create { scope: elsewhere, body: asked(known.person).to_body() };
    let op = Op { kind: ErasureRequest::DECLARATION.kind, ..op(request, change) };
    assert_eq!(other.push(vec![op]), Outcome::Applied);
    let outcome = other.push(vec![decision(request, known.person, Do::Erase)]);
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    // Nor by a request that stands in another grid of the same community, where the lead may know both.
    let request = new_id();
    let change =
        Change::Create { scope: scope("230881/001/003/08#sensitive"), body: asked(known.person).to_body() };
    let beside =
        Op { id: new_id(), record: request, kind: ErasureRequest::DECLARATION.kind, at_ms: NOW, change };
    assert_eq!(known.lead.push(vec![beside]), Outcome::Applied);
    let outcome = known.lead.push(vec![decision(request, known.person, Do::Erase)]);
    assert_eq!(outcome, refused("record.scope_wrong"));
    assert!(known.stands(NAME));
    assert_eq!(
        known.worker.push(vec![decision(known.request, known.person, Do::Erase)]),
        refused("erasure.not_yours")
    );
}
