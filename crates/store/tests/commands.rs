//! Commands on a device: shown as they will be, kept until the server has decided.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use records::codes::{Role, WishCommand, WishState};
use records::matter_flow::MatterArgs;
use records::wire::{Change, Commit, CommitResult, Outcome, RecordChange};
use records::wish::{Wish, WishProgress};
use records::{AccountId, DeviceId, Incarnation, Record, RecordId, Scope};
use store::{Identity, Origin, Slice, Store, StoreFault, outbox, record};

const NOW: i64 = 1_795_000_000_000;
const WISH: RecordId = RecordId::from_bytes([1; 16]);
const ME: AccountId = AccountId::from_bytes([3; 16]);
const ANOTHER: AccountId = AccountId::from_bytes([4; 16]);

/// A device of somebody who knows of an open wish.
fn device() -> Store {
    let mut store = Store::open(contract::database()).unwrap();
    let identity = Identity {
        device: DeviceId::from_bytes([1; 16]),
        incarnation: Incarnation::from_bytes([1; 16]),
        token: vec![1; 32].into(),
        server_key: vec![2; 32].into(),
        server: "http://127.0.0.1:9".into(),
        account: ME,
        name: "周燕".into(),
        role: Role::GridWorker,
        area: "230881/001/003/07".parse().unwrap(),
    };
    store.write(|tx| store::identity::set_identity(tx, &identity)).unwrap();
    receive(&mut store, 1, WishState::Open, &[]);
    store
}

/// The server's word of the wish.
fn receive(store: &mut Store, version: u64, state: WishState, claimers: &[AccountId]) {
    let progress = WishProgress { state, claimers: claimers.to_vec(), since_ms: NOW };
    let wish = Wish {
        household: RecordId::from_bytes([40; 16]),
        text: "想要一副老花镜".into(),
        budget_fen: None,
        quota: 1,
        progress: Some(progress),
    };
    let (kind, body) = (Wish::DECLARATION.kind, Some(wish.to_body()));
    let changes = [RecordChange {
        id: WISH,
        kind,
        version,
        body,
        by: ANOTHER,
        received_ms: NOW,
        has_left: false,
        cleared: 0,
    }];
    let scope: Scope = "230881/001/003#work".parse().unwrap();
    let slice =
        Slice { scope: &scope, changes: &changes, cursor: version, total: 1, digest: None, server_ms: 0 };
    store.apply(slice).unwrap();
}

fn command(store: &mut Store, command: WishCommand) -> store::Result<u64> {
    let mut new_id = || RecordId::from_bytes([150; 16]);
    let origin = Origin { now_ms: NOW, hold_ms: 8_000, new_id: &mut new_id };
    let args = MatterArgs::default();
    let (_, committed) = store.act(origin, |action| action.command(WISH, command.code(), &args))?;
    Ok(committed.push_seq.unwrap())
}

fn claimers(store: &Store) -> Vec<AccountId> {
    let wish: Wish = store.read(|db| record::typed(db, WISH)).unwrap();
    wish.progress.unwrap().claimers
}

fn pending(store: &Store) -> u32 {
    store.read(|db| record::get(db, WISH)).unwrap().pending
}

fn settle(store: &mut Store, push_seq: u64, outcome: Outcome) {
    store.settle(&[CommitResult { push_seq, outcome }], (NOW, NOW), None).unwrap();
}

#[test]
fn a_command_shows_what_will_be_and_that_it_waits() {
    let mut store = device();
    let seq = command(&mut store, WishCommand::Claim).unwrap();
    assert_eq!((claimers(&store), pending(&store)), (vec![ME], 1));
    let sent = store.read(|db| outbox::batch(db, NOW + 9_000, 500, 1 << 20)).unwrap();
    let commit: Commit = minicbor::decode(&sent[0].body).unwrap();
    assert!(
        matches!(commit.ops[0].change, Change::Command { command: 2, .. }),
        "what it asks, not what it becomes"
    );

    settle(&mut store, seq, Outcome::Applied);
    assert_eq!((claimers(&store), pending(&store)), (vec![ME], 0), "until the server's own word comes");
    receive(&mut store, 2, WishState::Claimed, &[ME]);
    assert_eq!(claimers(&store), [ME]);
}

#[test]
fn what_must_not_be_is_not_even_kept() {
    let mut store = device();
    receive(&mut store, 2, WishState::Claimed, &[ANOTHER]);
    let refused = command(&mut store, WishCommand::Claim).unwrap_err();
    assert!(matches!(refused, StoreFault::Refused("claim.full")), "{refused:?}");
    assert_eq!((store.read(outbox::waiting_count).unwrap(), pending(&store)), (0, 0));
}

#[test]
fn somebody_elses_word_that_comes_first_is_shown_at_once() {
    let mut store = device();
    let seq = command(&mut store, WishCommand::Claim).unwrap();
    receive(&mut store, 2, WishState::Claimed, &[ANOTHER]);
    assert_eq!((claimers(&store), pending(&store)), (vec![ANOTHER], 1), "what waits can no longer be");
    settle(&mut store, seq, Outcome::Refused { code: "claim.full".into() });
    assert_eq!((claimers(&store), pending(&store)), (vec![ANOTHER], 0));
    let [card] = &store.read(outbox::refused).unwrap()[..] else { panic!("a card") };
    assert_eq!(card.code, "claim.full");
}

#[test]
fn commands_that_wait_follow_each_other_and_are_taken_back_alone() {
    let mut store = device();
    command(&mut store, WishCommand::Claim).unwrap();
    let begun = command(&mut store, WishCommand::Begin).unwrap();
    let state = |store: &Store| {
        let wish: Wish = store.read(|db| record::typed(db, WISH)).unwrap();
        wish.progress.unwrap().state
    };
    assert_eq!((state(&store), pending(&store)), (WishState::InHand, 2));
    store.write(|tx| outbox::undo(tx, begun, NOW)).unwrap();
    assert_eq!((state(&store), pending(&store)), (WishState::Claimed, 1));
}

#[test]
fn a_command_this_version_does_not_know_is_not_given() {
    let mut store = device();
    let mut new_id = || RecordId::from_bytes([150; 16]);
    let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
    let given = store.act(origin, |action| action.command(WISH, 4_000, &MatterArgs::default()));
    assert!(matches!(given, Err(StoreFault::Refused("command.unknown"))));
}
