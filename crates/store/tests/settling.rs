//! However the server's results arrive, one by one or hundreds at once, the same comes of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

#[cfg(target_family = "wasm")]
use contract::test;
use records::codes::CareLevel;
use records::household::Household;
use records::wire::{CommitResult, Outcome, RecordChange};
use records::{AccountId, Record, RecordId, Scope};
use store::{Origin, Slice, Store, outbox, record};

const NOW: i64 = 1_795_000_000_000;
/// Households the server has told of, and one made here.
const HOUSEHOLDS: u8 = 9;
const MADE_HERE: u8 = 10;

fn id(n: u8) -> RecordId {
    RecordId::from_bytes([n; 16])
}

fn household(residents: u8, note: &str) -> Household {
    Household { residents, care: CareLevel::Key, note: Some(note.to_owned()), ..Household::blank(id(200)) }
}

/// A device that did all sorts of things; nothing of it was sent.
struct Device {
    store: Store,
    drawn: u8,
}

impl Device {
    fn new() -> Self {
        let store = Store::open(contract::database()).unwrap();
        let mut device = Self { store, drawn: 0 };
        (1..=HOUSEHOLDS).for_each(|n| device.tell(n, n.into(), &household(2, "从前")));
        device
    }

    /// The server tells a household.
    fn tell(&mut self, n: u8, version: u64, value: &Household) {
        let change = RecordChange {
            id: id(n),
            kind: Household::DECLARATION.kind,
            version,
            body: Some(value.to_body()),
            by: AccountId::from_bytes([9; 16]),
            received_ms: NOW,
            has_left: false,
            cleared: 0,
        };
        let (changes, total) = (&[change], HOUSEHOLDS.into());
        let slice = Slice { scope: &scope(), changes, cursor: version, total, digest: None, server_ms: 0 };
        self.store.apply(slice).unwrap();
    }

    fn act(&mut self, act: impl FnOnce(&mut store::Action<'_, '_>) -> store::Result<()>) -> u64 {
        let drawn = &mut self.drawn;
        let mut new_id = || {
            *drawn += 1;
            RecordId::from_bytes([[*drawn; 8], [255; 8]].concat().try_into().unwrap())
        };
        let origin = Origin { now_ms: NOW, hold_ms: 0, new_id: &mut new_id };
        self.store.act(origin, act).unwrap().1.push_seq.unwrap()
    }

    fn edit(&mut self, n: u8, value: &Household) -> u64 {
        self.act(|action| action.edit(id(n), value).map(|_| ()))
    }

    fn settle(&mut self, results: &[CommitResult]) {
        self.store.settle(results, (NOW, NOW), None).unwrap();
    }

    /// Everything that is kept of every record, and the commits that wait.
    fn kept(&self) -> (Vec<String>, Vec<u64>) {
        let rows = (1..=MADE_HERE).map(|n| format!("{:?}", self.store.read(|db| record::find(db, id(n)))));
        let waiting = self.store.read(|db| outbox::batch(db, NOW, 500, 1 << 20)).unwrap();
        (rows.collect(), waiting.iter().map(|commit| commit.push_seq).collect())
    }

    fn row(&self, n: u8) -> record::RecordRow {
        self.store.read(|db| record::get(db, id(n))).unwrap()
    }

    /// What pages show of every record.
    fn shown(&self) -> Vec<Option<Vec<u8>>> {
        let row = |n| self.store.read(|db| record::find(db, id(n))).unwrap();
        let rows = (1..=MADE_HERE).map(row);
        rows.map(|row| row.and_then(|row| row.body().map(|body| body.as_bytes().to_vec()))).collect()
    }
}

fn scope() -> Scope {
    "230881/001/003/07#work".parse().unwrap()
}

fn applied(numbers: impl Iterator<Item = u64>) -> Vec<CommitResult> {
    numbers.map(|push_seq| CommitResult { push_seq, outcome: Outcome::Applied }).collect()
}

/// A device whose commits up to a number are to be settled as applied.
fn busy_device() -> (Device, Vec<CommitResult>) {
    let mut device = Device::new();
    // The first one is refused, so that what comes after lies beside a card.
    let refused = device.edit(6, &household(9, "不收"));
    let code = "record.not_permitted".to_owned();
    device.settle(&[CommitResult { push_seq: refused, outcome: Outcome::Refused { code } }]);

    device.edit(1, &household(3, "改一次"));
    device.edit(2, &household(3, "改两次"));
    device.edit(2, &household(4, "再改"));
    device.act(|action| action.delete(id(3)));
    device.edit(4, &household(2, "改了再删"));
    device.act(|action| action.delete(id(4)));
    device.act(|action| action.restore(id(4)).map(|_| ()));
    device.edit(6, &household(3, "不收以后"));
    device.edit(7, &household(3, "改过去"));
    device.edit(7, &household(2, "从前"));
    device.act(|action| action.create(id(MADE_HERE), &scope(), &household(1, "新来的")));
    device.edit(MADE_HERE, &household(2, "新来的"));
    device.act(|action| {
        action.edit(id(8), &household(5, "一次改两户"))?;
        action.edit(id(9), &household(5, "一次改两户")).map(|_| ())
    });
    let last = device.edit(5, &household(3, "送出的"));
    device.edit(5, &household(4, "还等着的"));
    device.edit(8, &household(6, "还等着的"));
    (device, applied(refused + 1..=last))
}

#[test]
fn many_results_at_once_come_to_the_same_as_one_by_one() {
    let (mut at_once, results) = busy_device();
    let (mut one_by_one, _) = busy_device();
    let shown = at_once.shown();
    at_once.settle(&results);
    results.iter().for_each(|result| one_by_one.settle(std::slice::from_ref(result)));
    assert_eq!(at_once.kept(), one_by_one.kept());
    assert_eq!(at_once.shown(), shown, "and pages show the same as before");
    assert_eq!(at_once.kept().1.len(), 2, "what was not answered still waits");

    // What was taken is kept in its order, to be sent again if the server goes back to a backup.
    for device in [&mut at_once, &mut one_by_one] {
        device.store.send_all_again(records::Incarnation::from_bytes([5; 16])).unwrap();
    }
    assert_eq!(at_once.kept(), one_by_one.kept());
    assert_eq!(at_once.shown(), shown);
}

#[test]
fn what_still_waits_lies_over_what_was_taken() {
    let (mut device, results) = busy_device();
    device.settle(&results);
    let waiting = (1..=MADE_HERE).filter(|n| device.row(*n).pending > 0).collect::<Vec<_>>();
    assert_eq!(waiting, [5, 8]);
    let note = |device: &Device| Household::from_body(device.row(5).body().unwrap()).unwrap().note;
    assert_eq!(device.row(5).promised, Some(household(3, "送出的").to_body()));
    assert_eq!(note(&device).as_deref(), Some("还等着的"));
    // Nor does the server's own word of it hide what it has not heard yet.
    device.tell(5, 100, &household(3, "送出的"));
    assert_eq!(note(&device).as_deref(), Some("还等着的"));
}

#[test]
fn a_record_that_was_refused_is_no_promise_whatever_becomes_of_its_edits() {
    let mut device = Device::new();
    let made = device.act(|action| action.create(id(MADE_HERE), &scope(), &household(1, "不收")));
    let code = "record.not_permitted".to_owned();
    device.settle(&[CommitResult { push_seq: made, outcome: Outcome::Refused { code } }]);
    let edited = device.edit(MADE_HERE, &household(1, "再改"));
    device.settle(&applied(edited..=edited));
    assert_eq!(device.row(MADE_HERE).promised, None);
}

#[test]
fn results_of_all_kinds_in_one_answer_are_each_settled_as_they_are() {
    let (mut at_once, mut results) = busy_device();
    let (mut one_by_one, _) = busy_device();
    results[1].outcome = Outcome::Merged;
    results[4].outcome = Outcome::Refused { code: "record.deleted".to_owned() };
    results[9].outcome = Outcome::Quarantined;
    results.remove(11); // Not answered this time.
    at_once.settle(&results);
    results.iter().for_each(|result| one_by_one.settle(std::slice::from_ref(result)));
    assert_eq!(at_once.kept(), one_by_one.kept());
    assert_eq!(at_once.kept().1.len(), 3);
}

#[test]
fn a_refused_commit_that_cannot_be_read_is_not_lost_by_sending_it_again() {
    let mut store = Device::new().store;
    let unreadable =
        "INSERT INTO refused (body, title, code, refused_ms) VALUES (x'ff', '', 'commit.newer', 0)";
    store.write(|tx| Ok(tx.execute(unreadable, [])?)).unwrap();
    let number = store.read(outbox::refused).unwrap()[0].number;
    assert_eq!(store.retry_refused(number, NOW).unwrap_err().code(), "commit.malformed");
    assert_eq!(store.read(outbox::refused_count).unwrap(), 1);
}

#[test]
fn what_may_have_been_sent_is_not_taken_back_by_a_clock_that_is_put_back() {
    let mut device = Device::new();
    let seq = device.edit(1, &household(3, "改一次"));
    device.store.mark_sent(seq, true).unwrap();
    // The answer got lost: the server may have it, and would go on counting it.
    device.store.mark_sent(seq, false).unwrap();
    let undone = device.store.write(|tx| outbox::undo(tx, seq, NOW - 1));
    assert_eq!(undone.unwrap_err().code(), "undo.too_late");
    assert_eq!(device.kept().1, [seq], "it still waits");
}
