//! Two colleagues, one household.

use records::Record;
use records::losing_edit::LosingEdit;
use records::wire::{Change, Outcome};

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    different_fields_both_stay,
    the_same_field_goes_to_the_later_and_the_other_is_kept,
    a_clock_a_year_ahead_wins_nothing_and_a_slow_one_loses_nothing,
    a_clock_set_back_between_rounds_keeps_ones_own_order,
    own_edits_follow_each_other_without_conflict,
    what_is_deleted_is_gone_everywhere_and_stays_so,
];

const REASON: u32 = 7;
const CHANNEL: u32 = 10;
const NOTE: u32 = 12;

/// Two devices that both hold the household, and its version.
fn two_devices(server: &TestServer) -> (Device, Device, records::RecordId, u64) {
    let (mut one, mut two) = (server.worker(), server.worker());
    let id = new_id();
    let mut made = create(id, "起初");
    made.at_ms = NOW - 3_600_000;
    assert_eq!(one.push(vec![made]), Outcome::Applied);
    one.pull();
    two.pull();
    let version = two.records[&id].1;
    (one, two, id, version)
}

fn different_fields_both_stay(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two, id, base) = two_devices(&server);
    assert_eq!(one.push(vec![edit(id, base, REASON, "摔了一跤")]), Outcome::Applied);
    assert_eq!(two.push(vec![edit(id, base, CHANNEL, "楼下王姐")]), Outcome::Applied);
    one.pull();
    two.pull();
    assert_eq!(one.records, two.records);
    let household = one.household(id);
    assert_eq!(household.care_reason.as_deref(), Some("摔了一跤"));
    assert_eq!(household.channel.as_deref(), Some("楼下王姐"));
    assert!(one.of_kind(LosingEdit::DECLARATION.kind).is_empty());
}

fn the_same_field_goes_to_the_later_and_the_other_is_kept(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two, id, base) = two_devices(&server);
    let mut early = edit(id, base, NOTE, "早");
    early.at_ms = NOW - 60_000;
    let late = edit(id, base, NOTE, "晚");
    // The later edit arrives first.
    assert_eq!(two.push(vec![late]), Outcome::Applied);
    assert_eq!(one.push(vec![early]), Outcome::Merged);
    one.pull();
    two.pull();
    assert_eq!(one.records, two.records);
    assert_eq!(one.household(id).note.as_deref(), Some("晚"));
    let losing = one.of_kind(LosingEdit::DECLARATION.kind);
    let losing = LosingEdit::from_body(losing[0]).unwrap();
    assert_eq!((losing.record, losing.field, losing.lost_at), (id, NOTE, NOW - 60_000));
    assert_eq!(minicbor::decode::<&str>(&losing.lost).unwrap(), "早");
}

fn a_clock_a_year_ahead_wins_nothing_and_a_slow_one_loses_nothing(on: On) {
    const YEAR: i64 = 31_536_000_000;
    let server = TestServer::start(on);
    let (mut ahead, mut behind, id, base) = two_devices(&server);
    ahead.clock_ms = NOW + YEAR;
    behind.clock_ms = NOW - YEAR;
    let mut first = edit(id, base, NOTE, "先");
    first.at_ms = NOW + YEAR - 60_000;
    let mut second = edit(id, base, NOTE, "后");
    second.at_ms = NOW - YEAR - 1_000;
    assert_eq!(ahead.push(vec![first]), Outcome::Applied);
    assert_eq!(behind.push(vec![second]), Outcome::Merged);
    ahead.pull();
    assert_eq!(ahead.household(id).note.as_deref(), Some("后"));
}

fn a_clock_set_back_between_rounds_keeps_ones_own_order(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two, id, base) = two_devices(&server);
    assert_eq!(one.push(vec![edit(id, base, REASON, "在此刻")]), Outcome::Applied);
    let mut between = edit(id, base, NOTE, "十秒前");
    between.at_ms = NOW - 10_000;
    assert_eq!(two.push(vec![between]), Outcome::Applied);
    // Written after the first one, whatever the clock says by now.
    let mut after = edit(id, base, NOTE, "在那之后");
    after.at_ms = NOW - 50_000;
    assert_eq!(one.push(vec![after]), Outcome::Merged);
    one.pull();
    assert_eq!(one.household(id).note.as_deref(), Some("在那之后"));
}

fn own_edits_follow_each_other_without_conflict(on: On) {
    let server = TestServer::start(on);
    let (mut one, _, id, base) = two_devices(&server);
    let commits: Vec<_> =
        ["一", "二", "三"].iter().map(|note| one.commit(vec![edit(id, base, NOTE, note)])).collect();
    let answer = one.round(&commits).unwrap();
    assert!(answer.results.iter().all(|result| result.outcome == Outcome::Applied));
    assert_eq!(one.household(id).note.as_deref(), Some("三"));
    assert_eq!(one.records[&id].1, base + 1, "one round gives a record one number");
}

fn what_is_deleted_is_gone_everywhere_and_stays_so(on: On) {
    let server = TestServer::start(on);
    let (mut one, mut two, id, base) = two_devices(&server);
    assert_eq!(one.push(vec![op(id, Change::Delete { base })]), Outcome::Applied);
    assert_eq!(two.push(vec![edit(id, base, NOTE, "晚了")]), refused("record.deleted"));
    two.pull();
    assert_eq!(two.records[&id].2, None);
    assert_eq!(two.push(vec![op(id, Change::Delete { base })]), Outcome::Applied);
    let mut third = server.worker();
    third.pull();
    let answer = third.round(&[]).unwrap();
    assert!(answer.scopes.is_empty());
    assert_eq!(third.of_kind(records::household::Household::DECLARATION.kind).len(), 0);
}
