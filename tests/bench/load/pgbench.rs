//! The statements of a push by pgbench, PostgreSQL's own measure. They are recorded from what the server
//! runs, with its values and in the same round trips; what differs from push to push is drawn anew.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use cluster::program;
use records::{Audience, Scope};
use server::database::device;
use server::database::sql::{Row, Sql, SqlFault, Statement, Value};
use server::round::{self, Asked};
use server::{Database, ServerFault, random};
use sync::signature::digest;
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;

use super::pushing::{CLIENTS, DEVICES, push_of};
use super::setting::Enrolled;
use crate::commits::ROWS;
use crate::sync::now_ms;

/// Pushes before the ones that are recorded: what a device does once is over by then.
const BEFORE: u64 = 3;
/// Numbers up to here count something; larger ones are digests and times.
const COUNTS: i64 = 1 << 40;

/// Statements that travel together.
type Call = Vec<Statement<'static>>;

/// What one push ran.
struct Recorded {
    gate: Vec<Call>,
    settling: Vec<Call>,
    reading: Vec<Call>,
}

/// pgbench over the database that the server uses.
pub struct Beside {
    address: String,
    round: Script,
    settling: Script,
    /// Pushes that each of its clients has made.
    serial: usize,
}

impl Beside {
    /// Records two pushes of a device and makes scripts of them.
    pub fn record(
        address: &str,
        database: &Database,
        runtime: &Runtime,
        device: &Enrolled,
        areas: usize,
    ) -> Result<Self> {
        let mut pushes = vec![];
        for push_seq in 1..=BEFORE + 2 {
            let seen = (push_seq - 1) * ROWS as u64;
            let request = push_of(device, push_seq, seen, random::bytes())?;
            pushes.push(record(database, runtime, Asked { token: device.token(), request })?);
        }
        let last = pushes.pop().context("the last push")?;
        let before = pushes.pop().context("the one before it")?;
        let names = Names::of(&before, &last, device)?;
        let round = [(&last.gate, Mode::Read), (&last.settling, Mode::Write), (&last.reading, Mode::Read)];
        let settling = [(&last.settling, Mode::Write)];
        let script = |transactions: &[_]| Script::of(transactions, &names, areas);
        Ok(Self {
            address: address.to_owned(),
            round: script(&round)?,
            settling: script(&settling)?,
            serial: 0,
        })
    }

    /// Lets every client do so many: whole rounds (who asks, settling, reading), then their transaction that
    /// settles alone. How many a second that were.
    pub fn both(&mut self, each: usize) -> Result<[f64; 2]> {
        let round = run(&self.round, (&self.address, self.serial), each)?;
        let settling = run(&self.settling, (&self.address, self.serial + each), each)?;
        self.serial += 2 * each;
        Ok([round, settling])
    }
}

fn run(script: &Script, (address, serial): (&str, usize), each: usize) -> Result<f64> {
    let mut command = Command::new(program("pgbench"));
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--max-tries=8"]);
    command.arg(format!("--client={CLIENTS}")).arg(format!("--transactions={each}"));
    command.arg("--file").arg(script.file.path()).arg(format!("--define=serial={serial}"));
    command.args(script.values.iter().map(|(name, value)| format!("--define={name}={value}")));
    let said = command.arg(address).output()?;
    let (out, faults) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    let after = |name: &str| out.lines().find_map(|line| line.strip_prefix(name));
    let all = format!("{0}/{0}", each * CLIENTS);
    let is_done = after("number of transactions actually processed: ") == Some(all.as_str());
    ensure!(said.status.success() && is_done, "pgbench said: {out}{faults}");
    let a_second = after("tps = ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    a_second.with_context(|| format!("no figure in {out}"))
}

/// What a request runs, in the three transactions that it takes.
fn record(database: &Database, runtime: &Runtime, asked: Asked) -> Result<Recorded> {
    let (asked, now_ms) = (Arc::new(asked), now_ms());
    let (opening, settling, reading) = (asked.clone(), asked.clone(), asked);
    let gate =
        move |sql: &dyn Sql| calls(sql, |sql| device::by_token(sql, &digest(&opening.token)).map(drop));
    let settle = move |sql: &dyn Sql| calls(sql, |sql| round::settle(sql, &settling, now_ms).map(drop));
    let read = move |sql: &dyn Sql| calls(sql, |sql| round::read(sql, &reading).map(drop));
    runtime.block_on(async {
        Ok(Recorded {
            gate: database.read(gate).await?,
            settling: database.write(settle).await?,
            reading: database.read(read).await?,
        })
    })
}

fn calls(
    sql: &dyn Sql,
    work: impl FnOnce(&dyn Sql) -> Result<(), ServerFault>,
) -> Result<Vec<Call>, ServerFault> {
    let recorder = Recorder { sql, calls: RefCell::default() };
    work(&recorder)?;
    Ok(recorder.calls.into_inner())
}

/// Passes statements on and keeps them.
struct Recorder<'a> {
    sql: &'a dyn Sql,
    calls: RefCell<Vec<Call>>,
}

impl Sql for Recorder<'_> {
    fn run(
        &self,
        statements: &[Statement<'_>],
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<(), SqlFault>,
    ) -> Result<Vec<u64>, SqlFault> {
        self.calls.borrow_mut().push(statements.iter().map(owned).collect());
        self.sql.run(statements, each)
    }
}

fn owned(statement: &Statement<'_>) -> Statement<'static> {
    let value = |value: &Value<'_>| match value {
        Value::Int(number) => Value::Int(*number),
        Value::Bytes(bytes) => Value::Bytes(bytes.to_vec().into()),
        Value::Text(text) => Value::Text(text.to_string().into()),
        Value::Null => Value::Null,
    };
    Statement { sql: statement.sql.to_string().into(), values: statement.values.iter().map(value).collect() }
}

impl Recorded {
    fn statements(&self) -> impl Iterator<Item = &Statement<'static>> {
        [&self.gate, &self.settling, &self.reading].into_iter().flatten().flatten()
    }
}

/// The variables of the values of a push.
struct Names {
    scope: Value<'static>,
    incarnation: Value<'static>,
    /// Numbers that grow from push to push, ascending.
    numbers: Vec<i64>,
    /// Ids that are new with each push.
    ids: Vec<Vec<u8>>,
}

impl Names {
    fn of(before: &Recorded, last: &Recorded, device: &Enrolled) -> Result<Self> {
        let texts = |of: &Recorded| of.statements().map(|one| one.sql.to_string()).collect::<Vec<_>>();
        ensure!(texts(before) == texts(last), "two pushes ran other statements");
        let scope = Scope::new(device.area.clone(), Audience::Work).to_string();
        let incarnation = device.incarnation.as_bytes().to_vec();
        let mut names =
            Self { scope: scope.into(), incarnation: incarnation.into(), numbers: vec![], ids: vec![] };
        let values = |of: &Recorded| of.statements().flat_map(|one| one.values.clone()).collect::<Vec<_>>();
        for (before, last) in values(before).into_iter().zip(values(last)) {
            match last {
                _ if before == last => {}
                Value::Int(number @ 0..COUNTS) => names.numbers.push(number),
                Value::Bytes(id) if id.len() == 16 => names.ids.push(id.into_owned()),
                _ => {}
            }
        }
        names.numbers.sort_unstable();
        names.numbers.dedup();
        names.ids.sort_unstable();
        names.ids.dedup();
        Ok(names)
    }

    /// The variable that stands for a value; `None` where it is the same in each push.
    fn of_value(&self, value: &Value<'_>) -> Option<String> {
        match value {
            value if *value == self.scope => Some("scope".to_owned()),
            value if *value == self.incarnation => Some("incarnation".to_owned()),
            Value::Int(number) => Some(format!("n{}", self.numbers.binary_search(number).ok()?)),
            Value::Bytes(id) => {
                Some(format!("i{}", self.ids.binary_search_by(|known| known.as_slice().cmp(id)).ok()?))
            }
            Value::Text(_) | Value::Null => None,
        }
    }

    /// What draws them. Scopes, incarnations and ids are whole numbers here, whose digits are as many
    /// bytes as ours have or a few less.
    fn drawn(&self, areas: usize) -> Result<String> {
        let mut lines = String::new();
        let area = if areas == 1 { "0" } else { ":device" };
        writeln!(lines, "\\set serial :serial + 1")?;
        writeln!(lines, "\\set share ({DEVICES} - :client_id + {CLIENTS} - 1) / {CLIENTS}")?;
        writeln!(lines, "\\set device :client_id + {CLIENTS} * (:serial % :share)")?;
        writeln!(lines, "\\set scope 2308810010030000000 + {area}")?;
        writeln!(lines, "\\set incarnation 2000000000000000 + :device")?;
        let push = format!("(:serial * {CLIENTS} + :client_id)");
        for place in 0..self.numbers.len() {
            writeln!(lines, "\\set n{place} {push} * {} + {place}", self.numbers.len())?;
        }
        for place in 0..self.ids.len() {
            let ids = self.ids.len();
            let number = format!("({push} * {ids} + {place}) * 1000 + random(0, 999)");
            writeln!(lines, "\\set i{place} 1000000000000000 + {number}")?;
        }
        Ok(lines)
    }
}

/// A file for pgbench and the values that are the same in each push.
struct Script {
    file: NamedTempFile,
    values: BTreeMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

impl Script {
    fn of(transactions: &[(&Vec<Call>, Mode)], names: &Names, areas: usize) -> Result<Self> {
        let mut script = Self { file: NamedTempFile::new()?, values: BTreeMap::new() };
        let mut text = names.drawn(areas)?;
        // What nobody waits for travels with what comes next, as in the server.
        let mut ahead: Vec<String> = vec![];
        for (calls, mode) in transactions {
            ahead.push(match mode {
                Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED".to_owned(),
                Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned(),
            });
            for call in *calls {
                match &call[..] {
                    [only] if ["SAVEPOINT", "RELEASE"].iter().any(|word| only.sql.starts_with(word)) => {
                        ahead.push(only.sql.to_string());
                    }
                    call => {
                        let call = call.iter().map(|statement| script.statement(statement, names));
                        fly(&mut text, ahead.drain(..).chain(call))?;
                    }
                }
            }
            ahead.push("COMMIT".to_owned());
            if *mode == Mode::Write {
                fly(&mut text, ahead.drain(..))?;
            }
        }
        if !ahead.is_empty() {
            fly(&mut text, ahead.into_iter())?;
        }
        fs::write(script.file.path(), text)?;
        Ok(script)
    }

    fn statement(&mut self, statement: &Statement<'_>, names: &Names) -> String {
        let sql = statement.sql.replace("/* FOR UPDATE */", "FOR UPDATE");
        let mut parts = sql.split('?');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let place = part[..digits].parse::<usize>().unwrap_or(1) - 1;
            text += &self.variable(&statement.values[place], names);
            text += &part[digits..];
        }
        text
    }

    fn variable(&mut self, value: &Value<'_>, names: &Names) -> String {
        if let Some(name) = names.of_value(value) {
            return format!(":{name}");
        }
        let written = match value {
            Value::Null => return "NULL".to_owned(),
            Value::Int(number) => number.to_string(),
            Value::Text(text) => text.to_string(),
            Value::Bytes(bytes) => {
                bytes.iter().fold("\\x".to_owned(), |hex, byte| hex + &format!("{byte:02x}"))
            }
        };
        let known = self.values.iter().find_map(|(name, value)| (*value == written).then(|| name.clone()));
        let name = known.unwrap_or_else(|| format!("c{}", self.values.len()));
        self.values.insert(name.clone(), written);
        format!(":{name}")
    }
}

/// One round trip.
fn fly(text: &mut String, statements: impl Iterator<Item = String>) -> Result<()> {
    writeln!(text, "\\startpipeline")?;
    for statement in statements {
        writeln!(text, "{statement};")?;
    }
    writeln!(text, "\\endpipeline")?;
    Ok(())
}
