//! Commands at the server: decided in the order in which they arrive, once each, and never merged.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use records::codes::{MatterCommand, MatterSource, MatterState, Role, Urgency, WishCommand, WishState};
use records::declaration::Record;
use records::matter::Matter;
use records::matter_flow::MatterArgs;
use records::matter_step::MatterStep;
use records::wire::{Change, Commit, Op, Outcome};
use records::wish::{Wish, WishProgress};
use records::{AccountId, Body, Incarnation, Kind, Moment, Patch, RecordId};
use sync::clock::{Clock, Hlc};
use sync::grants::{Former, grants_of};
use sync::settle::{Author, Loaded, Settlement, Stored, settle};
use sync::stamps::{Stamp, Stamps, UNNUMBERED};

const NOW: i64 = 1_763_000_000_000;
const GRID: &str = "230881/001/003/07";
const COMMUNITY: &str = "230881/001/003";
const WISH: RecordId = RecordId::from_bytes([50; 16]);
const MATTER: RecordId = RecordId::from_bytes([51; 16]);
const OTHER: RecordId = RecordId::from_bytes([52; 16]);

fn author(n: u8, role: Role, area: &str) -> Author {
    let grants = grants_of(role, &area.parse().unwrap());
    let (account, incarnation) = (AccountId::from_bytes([n; 16]), Incarnation::from_bytes([n; 16]));
    Author { account, role, grants, former: vec![], is_vouched_for: false, incarnation }
}

fn worker(n: u8) -> Author {
    author(n, Role::GridWorker, GRID)
}

fn staff(n: u8) -> Author {
    author(n, Role::CommunityStaff, COMMUNITY)
}

fn wish(quota: u8) -> Wish {
    let progress = WishProgress { state: WishState::Open, claimers: vec![], since_ms: NOW - 9_000 };
    Wish {
        household: RecordId::from_bytes([40; 16]),
        text: "想要一副老花镜".to_owned(),
        budget_fen: Some(20_000),
        quota,
        progress: Some(progress),
    }
}

fn matter() -> Matter {
    Matter {
        item: None,
        list_version: 1,
        subject: "楼道灯不亮".to_owned(),
        place: "2 号楼".to_owned(),
        occurred: Moment::beijing(NOW - 9_000),
        content: None,
        source: MatterSource::Patrol,
        household: None,
        visit: None,
        urgency: Urgency::Normal,
        off_list_reason: Some("清单里没有".to_owned()),
        department: None,
        limit_workdays: None,
        progress: None,
        photos: None,
    }
}

fn stored<T: Record>(id: RecordId, scope: &str, value: &T) -> Stored {
    let (incarnation, by) = (Incarnation::from_bytes([99; 16]), AccountId::from_bytes([99; 16]));
    let made = Stamp { version: 1, hlc: Hlc::of_ms(NOW - 9_000), incarnation, push_seq: 1, author: by };
    Stored {
        id,
        kind: T::DECLARATION.kind,
        scope: scope.parse().unwrap(),
        version: 1,
        body: value.to_body(),
        stamps: Stamps::of_new(made),
        author: by,
        received_ms: NOW - 9_000,
        is_deleted: false,
    }
}

/// The server's records, and the ops it has applied.
#[derive(Default)]
struct Server {
    records: BTreeMap<RecordId, Stored>,
    loaded: Loaded,
    ops: u128,
    version: u64,
}

impl Server {
    fn with(records: impl IntoIterator<Item = Stored>) -> Self {
        let records = records.into_iter().map(|record| (record.id, record)).collect();
        Self { records, version: 10, ..Self::default() }
    }

    fn of_wish(quota: u8) -> Self {
        Self::with([stored(WISH, "230881/001/003#work", &wish(quota))])
    }

    fn of_matter() -> Self {
        Self::with([stored(MATTER, "230881/001/003/07#work", &matter())])
    }

    fn op(&mut self, record: RecordId, kind: Kind, change: Change) -> Op {
        self.ops += 1;
        Op { id: RecordId::from_bytes(self.ops.to_be_bytes()), record, kind, at_ms: NOW, change }
    }

    /// As a server does it: only what a commit wants is loaded.
    fn settle(&mut self, author: &Author, ops: Vec<Op>) -> Settlement {
        let commit = Commit { push_seq: 1, ops };
        let wanted = Loaded::wanted(&commit);
        let known = wanted.iter().filter_map(|id| Some((*id, self.records.get(id)?.clone())));
        let loaded =
            Loaded { records: known.collect(), applied: self.loaded.applied.clone(), ..Loaded::default() };
        let mut clock = Clock::new(NOW, NOW, Hlc::default());
        let settled = settle(&commit, author, &mut clock, loaded);
        self.loaded.applied.extend(&settled.ops);
        for mut record in settled.writes.clone() {
            assert_eq!(record.version, UNNUMBERED);
            self.version += 1;
            record.version = self.version;
            record.stamps.number(self.version);
            self.records.insert(record.id, record);
        }
        settled
    }

    fn command<A: minicbor::Encode<()>>(
        &mut self,
        author: &Author,
        (record, kind): (RecordId, Kind),
        command: u16,
        args: A,
    ) -> Outcome {
        let op = self.op(record, kind, Change::Command { command, args: Body::of(&args) });
        self.settle(author, vec![op]).outcome
    }

    fn wish(&mut self, author: &Author, command: WishCommand) -> Outcome {
        self.command(author, (WISH, Wish::DECLARATION.kind), command.code(), MatterArgs::default())
    }

    fn matter(&mut self, author: &Author, command: MatterCommand, args: &MatterArgs) -> Outcome {
        self.command(author, (MATTER, Matter::DECLARATION.kind), command.code(), args)
    }

    fn value<T: Record>(&self, id: RecordId) -> T {
        T::from_body(&self.records[&id].body).unwrap()
    }

    fn claimers(&self) -> Vec<AccountId> {
        self.value::<Wish>(WISH).progress.unwrap().claimers
    }
}

fn refused(code: &str) -> Outcome {
    Outcome::Refused { code: code.to_owned() }
}

fn said(note: &str) -> MatterArgs {
    MatterArgs { note: Some(note.to_owned()), ..MatterArgs::default() }
}

#[test]
fn of_two_who_take_up_one_wish_the_first_to_arrive_has_it() {
    let mut server = Server::of_wish(1);
    assert_eq!(server.wish(&worker(1), WishCommand::Claim), Outcome::Applied);
    assert_eq!(server.wish(&worker(2), WishCommand::Claim), refused("claim.full"));
    assert_eq!(server.claimers(), [worker(1).account]);
    assert_eq!(server.value::<Wish>(WISH).progress.unwrap().state, WishState::Claimed);
    // Given back, it is there for the other.
    assert_eq!(server.wish(&worker(2), WishCommand::GiveBack), refused("claim.none_of_yours"));
    assert_eq!(server.wish(&worker(1), WishCommand::GiveBack), Outcome::Applied);
    assert_eq!(server.wish(&worker(2), WishCommand::Claim), Outcome::Applied);
    assert_eq!(server.claimers(), [worker(2).account]);
}

#[test]
fn a_wish_goes_its_way_and_only_by_those_who_may() {
    let open = wish(1);
    let waiting = Wish { progress: None, ..open };
    let mut server = Server::with([stored(WISH, "230881/001/003#work", &waiting)]);
    let (one, desk) = (worker(1), staff(3));
    let way = [
        (&one, WishCommand::Claim, refused("wish.state_wrong")),
        (&one, WishCommand::Approve, refused("wish.not_yours")),
        (&desk, WishCommand::Approve, Outcome::Applied),
        (&desk, WishCommand::HandOver, refused("wish.too_early")),
        (&one, WishCommand::Claim, Outcome::Applied),
        (&one, WishCommand::Claim, refused("claim.yours_already")),
        (&desk, WishCommand::Begin, refused("claim.none_of_yours")),
        (&one, WishCommand::Begin, Outcome::Applied),
        (&one, WishCommand::GiveBack, refused("wish.state_wrong")),
        (&one, WishCommand::Finish, Outcome::Applied),
        (&one, WishCommand::Confirm, refused("wish.not_yours")),
        (&desk, WishCommand::Confirm, Outcome::Applied),
        (&one, WishCommand::TakeDown, refused("wish.state_wrong")),
    ];
    for (n, (author, command, expected)) in way.into_iter().enumerate() {
        assert_eq!(server.wish(author, command), expected, "step {n}: {command:?}");
    }
    assert_eq!(server.value::<Wish>(WISH).progress.unwrap().state, WishState::Fulfilled);
}

proptest! {
    /// Whoever claims and gives back in whatever order, and however often a message comes again.
    #[test]
    fn never_more_take_a_wish_up_than_it_needs(
        quota in 1u8..5,
        steps in proptest::collection::vec((1u8..8, proptest::bool::weighted(0.7), 1usize..4), 1..40),
    ) {
        let mut server = Server::of_wish(quota);
        let mut expected: Vec<AccountId> = vec![];
        for (n, is_claim, times) in steps {
            let (author, command) = (worker(n), if is_claim { WishCommand::Claim } else { WishCommand::GiveBack });
            let args = Body::of(&MatterArgs::default());
            let change = Change::Command { command: command.code(), args };
            let op = server.op(WISH, Wish::DECLARATION.kind, change);
            let outcomes: Vec<Outcome> =
                (0..times).map(|_| server.settle(&author, vec![op.clone()]).outcome).collect();
            let is_mine = expected.contains(&author.account);
            let refusal = match (is_claim, is_mine) {
                (true, true) => Some("claim.yours_already"),
                (true, false) if expected.len() == usize::from(quota) => Some("claim.full"),
                (false, false) => Some("claim.none_of_yours"),
                _ => None,
            };
            match refusal {
                Some(code) => prop_assert_eq!(&outcomes[0], &refused(code)),
                None if is_claim => expected.push(author.account),
                None => expected.retain(|claimer| *claimer != author.account),
            }
            if refusal.is_none() {
                prop_assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Applied), "once");
            }
            prop_assert_eq!(server.claimers(), expected.clone());
            prop_assert!(expected.len() <= usize::from(quota));
        }
    }
}

#[test]
fn a_step_changes_the_matter_and_is_written_down_beside_it() {
    let mut server = Server::of_matter();
    assert_eq!(server.matter(&staff(3), MatterCommand::Accept, &MatterArgs::default()), Outcome::Applied);
    assert_eq!(server.value::<Matter>(MATTER).state(), MatterState::Accepted);
    let steps = server.records.values().filter(|record| record.kind == MatterStep::DECLARATION.kind);
    let [record] = &steps.collect::<Vec<_>>()[..] else { panic!("one step") };
    assert_eq!((record.author, &record.scope), (staff(3).account, &server.records[&MATTER].scope));
    assert_eq!(MatterStep::from_body(&record.body).unwrap().to, MatterState::Accepted);
    assert_eq!(
        server.records[&MATTER].author,
        AccountId::from_bytes([99; 16]),
        "the matter keeps its author"
    );
}

#[test]
fn what_was_decided_first_holds_and_the_other_is_told_why_not() {
    for is_withdrawn_first in [true, false] {
        let mut server = Server::of_matter();
        let (reporter, desk) = (worker(99), staff(3));
        let withdraw =
            |server: &mut Server| server.matter(&reporter, MatterCommand::Withdraw, &said("看错了"));
        let accept =
            |server: &mut Server| server.matter(&desk, MatterCommand::Accept, &MatterArgs::default());
        let (first, second) = match is_withdrawn_first {
            true => (withdraw(&mut server), accept(&mut server)),
            false => (accept(&mut server), withdraw(&mut server)),
        };
        assert_eq!(first, Outcome::Applied);
        let code = if is_withdrawn_first { "matter.ended" } else { "matter.not_yours" };
        assert_eq!(second, refused(code));
    }
}

#[test]
fn a_command_is_decided_with_what_it_names_as_far_as_its_giver_may_know_it() {
    let merge = MatterArgs { target: Some(OTHER), ..MatterArgs::default() };
    let other = |scope: &str| stored(OTHER, scope, &matter());
    let gone = Stored { is_deleted: true, ..other("230881/001/003/08#work") };
    let cases = [
        (Some(other("230881/001/003/08#work")), Outcome::Applied),
        (Some(other("230881/001/004/01#work")), refused("matter.target_wrong")),
        (Some(gone), refused("matter.target_wrong")),
        (None, refused("matter.target_wrong")),
    ];
    for (other, expected) in cases {
        let mut server = Server::of_matter();
        server.records.extend(other.map(|other| (OTHER, other)));
        assert_eq!(server.matter(&staff(3), MatterCommand::Merge, &merge), expected);
    }
}

#[test]
fn a_command_that_cannot_be_is_refused_and_changes_nothing() {
    let (kind, args) = (Wish::DECLARATION.kind, MatterArgs::default());
    let stranger = author(1, Role::GridWorker, "230881/001/004/01");
    let mut deleted = Server::of_wish(1);
    deleted.records.get_mut(&WISH).unwrap().is_deleted = true;
    let claim = WishCommand::Claim.code();
    let cases = [
        (Server::of_wish(1), worker(1), (WISH, kind), 4_000, "command.unknown"),
        (Server::of_wish(1), worker(1), (WISH, Matter::DECLARATION.kind), claim, "record.kind_wrong"),
        (Server::of_wish(1), worker(1), (WISH, Kind(60_000)), claim, "record.kind_unknown"),
        (Server::of_wish(1), worker(1), (OTHER, kind), claim, "record.missing"),
        (Server::of_wish(1), stranger, (WISH, kind), claim, "record.not_permitted"),
        (deleted, worker(1), (WISH, kind), claim, "record.deleted"),
    ];
    for (mut server, author, record, command, code) in cases {
        let before = server.records.clone();
        assert_eq!(server.command(&author, record, command, &args), refused(code));
        assert_eq!(server.records, before, "{code}");
    }
}

#[test]
fn what_commands_decide_no_edit_and_no_making_writes() {
    let mut server = Server::of_wish(1);
    let taken = WishProgress { state: WishState::Fulfilled, claimers: vec![], since_ms: NOW };
    let patch = Patch::of_fields(&[(4, minicbor::to_vec(taken).unwrap())]);
    let op = server.op(WISH, Wish::DECLARATION.kind, Change::Edit { base: 1, patch });
    assert_eq!(server.settle(&worker(1), vec![op]).outcome, refused("record.field_decided"));
    let scope = "230881/001/003#work".parse().unwrap();
    let op = server.op(OTHER, Wish::DECLARATION.kind, Change::Create { scope, body: wish(1).to_body() });
    assert_eq!(server.settle(&worker(1), vec![op]).outcome, refused("record.field_decided"));
    // Its words are edited like any other.
    let patch = Patch::of_fields(&[(1, minicbor::to_vec("想要一副老花镜，300 度").unwrap())]);
    let op = server.op(WISH, Wish::DECLARATION.kind, Change::Edit { base: 1, patch });
    assert_eq!(server.settle(&worker(1), vec![op]).outcome, Outcome::Applied);
}

/// Somebody who has another post now gave a command while they had this one, and somebody accepts it.
///
/// | post of then | post of now | command | outcome |
#[test]
fn late_work_is_decided_by_the_role_of_its_time() {
    let at_desk = (Role::CommunityStaff, COMMUNITY);
    let in_grid = (Role::GridWorker, GRID);
    let elsewhere = [(Role::GridWorker, "230881/001/003/08"), (Role::CommunityStaff, "230881/001/004")];
    for (then, now, command, expected) in [
        (at_desk, elsewhere[0], MatterCommand::Accept, Outcome::Applied),
        (in_grid, elsewhere[1], MatterCommand::Accept, refused("matter.not_yours")),
    ] {
        let former = |(role, area): (Role, &str), until_ms| {
            let grants = grants_of(role, &area.parse().unwrap()).into_iter();
            grants.map(move |grant| Former { grant, role, until_ms })
        };
        // The post before that one, and one in between, would say the opposite.
        let other = if then == at_desk { in_grid } else { at_desk };
        let former = former(other, NOW - 1).chain(former(then, NOW)).chain(former(other, NOW + 1));
        let late = Author { former: former.collect(), is_vouched_for: true, ..author(1, now.0, now.1) };
        assert_eq!(Server::of_matter().matter(&late, command, &MatterArgs::default()), expected, "{then:?}");
    }
}

#[test]
fn a_matter_may_be_reported_and_closed_in_one_go() {
    let mut server = Server::default();
    let scope = "230881/001/003/07#work".parse().unwrap();
    let kind = Matter::DECLARATION.kind;
    let make = server.op(MATTER, kind, Change::Create { scope, body: matter().to_body() });
    let args = Body::of(&said("看错了"));
    let change = Change::Command { command: MatterCommand::Withdraw.code(), args };
    let withdraw = server.op(MATTER, kind, change);
    assert_eq!(server.settle(&worker(1), vec![make, withdraw]).outcome, Outcome::Applied);
    assert_eq!(server.value::<Matter>(MATTER).state(), MatterState::Void);
}
