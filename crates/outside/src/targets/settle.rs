//! Any commits of anybody: the server decides about each, and nothing of it goes wrong.

use std::collections::BTreeSet;

use arbitrary::{Result, Unstructured};
use minicbor::Encode;
use records::codes::{CareLevel, HouseholdKind, Role};
use records::household::Household;
use records::wire::{Change, Commit, MAX_OP_BYTES, Op, Outcome};
use records::{AccountId, Body, Incarnation, Kind, Patch, Record, RecordId, Scope};
use sync::clock::{Clock, Hlc};
use sync::grants::{grants_of, is_granted};
use sync::settle::{Author, Loaded, MAX_LOSSES, Settlement, settle};
use sync::stamps::UNNUMBERED;

const NOW: i64 = 1_795_000_000_000;
const AREAS: [&str; 3] = ["230881/001/003/07", "230881/001/003", "230881"];

pub(crate) fn holds(bytes: &[u8]) {
    // When the bytes are used up, the life is over.
    let _ = live(&mut Unstructured::new(bytes));
}

/// Some people's commits, settled one after the other.
fn live(bytes: &mut Unstructured<'_>) -> Result<()> {
    let people = [person(1, bytes)?, person(2, bytes)?];
    let mut loaded = Loaded::default();
    let mut last = [Hlc::default(); 2];
    for push_seq in 1..32 {
        let who = usize::from(bytes.arbitrary::<bool>()?);
        let ops = (0..bytes.int_in_range(0..=4)?).map(|_| op(bytes)).collect::<Result<_>>()?;
        let commit = Commit { push_seq, ops };
        let mut clock = Clock::new(bytes.arbitrary()?, NOW + push_seq as i64, last[who]);
        let settlement = settle(&commit, &people[who], &mut clock, loaded.clone());
        assert!(clock.last() >= last[who], "time goes on");
        last[who] = clock.last();
        is_right(&commit, &people[who], &loaded, &settlement);
        keep(&mut loaded, settlement, push_seq);
        let again = settle(&commit, &people[who], &mut clock, loaded.clone());
        let is_new = |op: &RecordId| !loaded.applied.contains(op);
        assert!(again.ops.iter().all(is_new), "an op is applied once");
    }
    Ok(())
}

fn is_right(commit: &Commit, author: &Author, before: &Loaded, settlement: &Settlement) {
    if let Outcome::Refused { .. } = settlement.outcome {
        assert!(
            settlement.writes.is_empty() && settlement.ops.is_empty(),
            "a commit is applied whole or not"
        );
        return;
    }
    let asked: BTreeSet<RecordId> = commit.ops.iter().map(|op| op.id).collect();
    let done: BTreeSet<RecordId> = settlement.ops.iter().copied().collect();
    assert_eq!(done.len(), settlement.ops.len());
    assert!(done.is_disjoint(&before.applied), "an op is applied once");
    assert!(asked.iter().all(|op| done.contains(op) || before.applied.contains(op)));
    assert!(settlement.writes.len() <= commit.ops.len() + MAX_LOSSES);
    for record in &settlement.writes {
        assert!(is_granted(&author.grants, &record.scope), "somebody writes where nothing is theirs");
        assert_eq!(record.version, UNNUMBERED);
        assert!(Body::parse(record.body.as_bytes().to_vec()).is_ok());
        assert!(record.body.as_bytes().len() <= 2 * MAX_OP_BYTES);
        if let Some(stored) = before.records.get(&record.id) {
            assert_eq!(
                (stored.kind, &stored.scope, stored.author),
                (record.kind, &record.scope, record.author)
            );
        }
    }
}

fn keep(loaded: &mut Loaded, settlement: Settlement, version: u64) {
    for mut record in settlement.writes {
        record.version = version;
        record.stamps.number(version);
        loaded.records.insert(record.id, record);
    }
    loaded.applied.extend(settlement.ops);
}

fn person(number: u8, bytes: &mut Unstructured<'_>) -> Result<Author> {
    let role = *bytes.choose(Role::ALL)?;
    let area = bytes.choose(&AREAS)?.parse().unwrap_or_else(|_| unreachable!("an area"));
    Ok(Author {
        account: AccountId::from_bytes([number; 16]),
        role,
        grants: grants_of(role, &area),
        incarnation: Incarnation::from_bytes([number; 16]),
        former: vec![],
        is_vouched_for: false,
    })
}

/// Few ids, so that ops meet.
fn id(bytes: &mut Unstructured<'_>) -> Result<RecordId> {
    Ok(RecordId::from_bytes([bytes.int_in_range(0..=7)?; 16]))
}

fn op(bytes: &mut Unstructured<'_>) -> Result<Op> {
    let kind = match bytes.int_in_range(0..=3)? {
        0 => Kind(bytes.int_in_range(0..=30)?),
        _ => Household::DECLARATION.kind,
    };
    let base = u64::from(bytes.int_in_range(0..=33u8)?);
    let change = match bytes.int_in_range(0..=4)? {
        0 => Change::Create { scope: scope(bytes)?, body: household(bytes)?.to_body() },
        1 => Change::Create { scope: scope(bytes)?, body: any_body(bytes)? },
        2 => Change::Edit { base, patch: patch(bytes)? },
        3 => Change::Delete { base },
        _ => Change::Restore { base },
    };
    Ok(Op { id: id(bytes)?, record: id(bytes)?, kind, at_ms: bytes.arbitrary()?, change })
}

fn scope(bytes: &mut Unstructured<'_>) -> Result<Scope> {
    let scopes = ["230881/001/003/07#work", "230881/001/003/07#sensitive", "230881#public"];
    Ok(bytes.choose(&scopes)?.parse().unwrap_or_else(|_| unreachable!("a scope")))
}

fn household(bytes: &mut Unstructured<'_>) -> Result<Household> {
    Ok(Household {
        house: id(bytes)?,
        head: None,
        kind: HouseholdKind::from(bytes.arbitrary::<u16>()?),
        residents: bytes.arbitrary()?,
        care: CareLevel::from(bytes.int_in_range(0..=5u16)?),
        care_since: None,
        categories: vec![],
        care_reason: None,
        review_on: None,
        has_partner: bytes.arbitrary()?,
        channel: None,
        services: vec![bytes.arbitrary()?],
        note: bytes.arbitrary()?,
        left_on: None,
    })
}

/// Whatever is a body at all.
fn any_body(bytes: &mut Unstructured<'_>) -> Result<Body> {
    let length = bytes.arbitrary_len::<u8>()?.min(64);
    Ok(Body::parse(bytes.bytes(length)?.to_vec()).unwrap_or_else(|_| Body::trusted(vec![0xa0])))
}

/// Fields of any number and values of any kind, large ones among them.
fn patch(bytes: &mut Unstructured<'_>) -> Result<Patch> {
    let mut fields: Vec<(u32, Vec<u8>)> = vec![];
    for field in 0..=u32::from(bytes.int_in_range(0..=15u8)?) {
        let value = match bytes.int_in_range(0..=5)? {
            0 => continue,
            1 => vec![0xf6],
            2 => encoded("字".repeat(usize::from(bytes.arbitrary::<u16>()? / 3))),
            3 => encoded(bytes.arbitrary::<u64>()?),
            4 => encoded(vec![bytes.arbitrary::<u16>()?; 3]),
            _ => encoded(bytes.arbitrary::<bool>()?),
        };
        fields.push((field, value));
    }
    Ok(Patch::of_fields(&fields))
}

fn encoded(value: impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).unwrap()
}
