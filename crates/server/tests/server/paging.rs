//! Large scopes in small pages, while somebody writes.

use std::cell::Cell;

use records::codes::Role;
use records::household::Household;
use records::wire::Outcome;
use records::{Audience, Record, Scope};
use server::database::sql::{Row, Sql, SqlFault, Statement};
use server::load::{NewRecord, THE_SERVER, load};
use server::pull::Outlook;
use sync::grants::grants_of;

use crate::common::*;
use crate::data::{On, on_both_databases};

on_both_databases![
    five_thousand_records_come_in_small_pages_while_somebody_writes,
    a_page_holds_everything_there_is_up_to_its_end,
    a_budget_smaller_than_a_record_still_moves_on,
    without_a_budget_nothing_comes_but_how_much_there_is,
    no_more_is_read_than_a_budget_has_room_for,
    every_scope_says_how_many_records_it_has,
];

const RECORDS: usize = 5_000;

fn fill(server: &TestServer, records: usize) {
    let new = |_| NewRecord {
        id: new_id(),
        kind: Household::DECLARATION.kind,
        scope: work_scope(),
        body: a_household("一户").to_body(),
        author: THE_SERVER,
        received_ms: NOW,
    };
    let added = server.write(|connection| load(connection, (0..records).map(new)));
    assert_eq!(added, records as u64);
}

fn five_thousand_records_come_in_small_pages_while_somebody_writes(on: On) {
    let server = TestServer::start(on);
    fill(&server, RECORDS);
    let (mut reader, mut writer) = (server.worker(), server.worker());
    writer.pull();
    let kind = Household::DECLARATION.kind;
    let ids: Vec<_> =
        writer.records.iter().filter(|(_, record)| record.0 == kind).map(|(id, _)| *id).collect();
    reader.budget = 10_000;
    let mut rounds = 0;
    loop {
        let answer = reader.round(&[]).unwrap();
        let page = answer.scopes.iter().find(|page| page.scope == work_scope());
        assert!(answer.scopes.iter().flat_map(|page| &page.changes).map(bytes).sum::<usize>() <= 10_000);
        let Some(page) = page.filter(|page| page.more) else { break };
        assert_eq!(
            page.changes.last().map(|change| change.version),
            Some(page.to),
            "a page ends with its last change"
        );
        // Meanwhile: one already read, one not read yet, and a new one.
        if rounds < 20 {
            let (read, unread) = (page.changes[0].id, ids[ids.len() - 1 - rounds]);
            let change = |id| edit(id, writer.records[&id].1, 12, "改过");
            let ops = vec![change(read), change(unread), create(new_id(), "新")];
            assert_eq!(writer.push(ops), Outcome::Applied);
        }
        rounds += 1;
    }
    assert!(rounds > 20, "{rounds}");
    writer.pull();
    assert_eq!(reader.records, writer.records);
    assert_eq!(reader.of_kind(Household::DECLARATION.kind).len(), RECORDS + 20);
    assert_eq!(reader.cursors, writer.cursors);
}

/// The server reads 512 changes at once.
fn a_page_holds_everything_there_is_up_to_its_end(on: On) {
    for records in [511, 512, 513, 1_024] {
        let server = TestServer::start(on);
        fill(&server, records);
        let mut device = server.worker();
        let answer = device.round(&[]).unwrap();
        let page = answer.scopes.iter().find(|page| page.scope == work_scope()).unwrap();
        let versions: Vec<u64> = page.changes.iter().map(|change| change.version).collect();
        assert_eq!(versions, (1..=records as u64).collect::<Vec<_>>());
        assert_eq!((page.to, page.more), (records as u64, false));
    }
}

fn a_budget_smaller_than_a_record_still_moves_on(on: On) {
    let server = TestServer::start(on);
    fill(&server, 5);
    let mut device = server.worker();
    device.budget = 1;
    let rounds = device.pull();
    assert_eq!(device.of_kind(Household::DECLARATION.kind).len(), 5);
    assert!(rounds >= 5, "{rounds}");
}

fn without_a_budget_nothing_comes_but_how_much_there_is(on: On) {
    let server = TestServer::start(on);
    fill(&server, 5);
    let mut device = server.worker();
    device.budget = 0;
    let commit = device.commit(vec![create(new_id(), "新")]);
    let answer = device.round(&[commit]).unwrap();
    assert_eq!(answer.results.len(), 1, "what is sent is settled all the same");
    assert!(answer.scopes.iter().all(|page| page.changes.is_empty()));
    let page = answer.scopes.iter().find(|page| page.scope == work_scope()).unwrap();
    assert_eq!((page.to, page.more, page.count, page.digest), (0, true, 6, None));
}

/// Counts the rows that are read.
struct Counted<'a> {
    database: &'a dyn Sql,
    rows: Cell<usize>,
}

impl Sql for Counted<'_> {
    fn run(
        &self,
        statements: &[Statement<'_>],
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<Vec<u64>, SqlFault> {
        self.database.run(statements, &mut |place, row| {
            self.rows.set(self.rows.get() + 1);
            each(place, row)
        })
    }
}

fn no_more_is_read_than_a_budget_has_room_for(on: On) {
    let server = TestServer::start(on);
    fill(&server, 1_000);
    let grants = grants_of(Role::GridWorker, &GRID.parse().unwrap());
    let read = |budget| {
        server.write(|database| {
            let counted = Counted { database, rows: Cell::new(0) };
            let outlook = Outlook::over(&counted, &grants, &[], budget)?;
            outlook.pull()?;
            Ok(counted.rows.get())
        })
    };
    // Beside the changes, only what is known of a handful of scopes.
    assert!(read(0) < 10 && read(6_400) < 110 && read(u32::MAX) > 1_000, "{} {}", read(0), read(6_400));
}

fn every_scope_says_how_many_records_it_has(on: On) {
    let server = TestServer::start(on);
    fill(&server, 40);
    let mut device = server.worker();
    device.budget = 4_000;
    let answer = device.round(&[]).unwrap();
    let page = answer.scopes.iter().find(|page| page.scope == work_scope()).unwrap();
    assert!(page.more && page.count == 40, "{}", page.count);
    let empty = Scope::new(GRID.parse().unwrap(), Audience::Sensitive);
    let page = answer.scopes.iter().find(|page| page.scope == empty).unwrap();
    assert_eq!((page.to, page.more, page.count), (0, false, 0), "an empty one is told of once");
}

fn bytes(change: &records::wire::RecordChange) -> usize {
    change.body.as_ref().map_or(0, |body| body.as_bytes().len())
}
