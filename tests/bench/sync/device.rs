//! Our device as a process of its own: it obeys orders, one a line, and answers each with JSON.

use std::io::{BufRead, Write, stdin, stdout};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use app::Applied;
use records::RecordId;
use records::call::{EditHousehold, GetHousehold, GetToday, HouseholdFilter, ListHouseholds};
use serde_json::{Value, json};
use stories::networked::Device;
use stories::post::Post;
use ureq::Agent;

/// Households that are edited.
const EDITED: usize = 1_000;

/// Enrols by an invitation and obeys until nobody gives orders any more.
pub fn run(invitation: &str) -> Result<()> {
    let mut device = Device::new()?;
    device.enrol(invitation)?;
    let agent = Post { patience: Duration::from_secs(60) }.keeping_connections();
    let mut synced = Synced { device, agent, bodies: [0, 0] };
    say("ready")?;
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match words.as_slice() {
            ["first"] => synced.first()?,
            ["round"] => synced.round()?,
            ["edit", field, mark] => synced.edit(field, mark)?,
            ["count", field, mark] => synced.count(field, mark)?,
            other => bail!("no such order: {other:?}"),
        };
        say(&answer.to_string())?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

struct Synced {
    device: Device,
    agent: Agent,
    /// Bytes of requests and answers without the heads of HTTP.
    bodies: [usize; 2],
}

impl Synced {
    /// From nothing to a search that finds somebody.
    fn first(&mut self) -> Result<Value> {
        let began = Instant::now();
        self.until_quiet()?;
        self.device.ask(GetToday {})?;
        let query = ListHouseholds { search: "zh".to_owned(), limit: 30, ..Default::default() };
        let found = self.device.ask(query)?.rows.len();
        Ok(json!({ "ms": ms_since(began), "found": found }))
    }

    fn round(&mut self) -> Result<Value> {
        let began = Instant::now();
        self.bodies = [0, 0];
        self.until_quiet()?;
        Ok(json!({ "ms": ms_since(began), "bodies": self.bodies }))
    }

    fn until_quiet(&mut self) -> Result<()> {
        while self.one_round()? {}
        Ok(())
    }

    /// As the shell does it, without a window between the steps.
    fn one_round(&mut self) -> Result<bool> {
        let (now_ms, device, began) = (self.device.now_ms, &mut self.device, Instant::now());
        let round = device.with(|app, context| app.begin_round(context))?.context("enrolled")?;
        let incoming = Post::over(&self.agent, &round.server.url, &round.outgoing)?;
        self.bodies[0] += round.outgoing.body.len();
        self.bodies[1] += incoming.body.len();
        let mut unapplied = device.with(|app, context| app.read_answer(&round, &incoming, context))?;
        loop {
            let now_ms = now_ms + i64::try_from(began.elapsed().as_millis())?;
            if let Applied::Done { again } = device.with(|app, _| app.apply_step(&mut unapplied, now_ms))? {
                return Ok(again);
            }
        }
    }

    /// One action for each household, as a person would edit them on the road.
    fn edit(&mut self, field: &str, mark: &str) -> Result<Value> {
        let mut bytes = 0;
        for (number, id) in self.households()?.into_iter().enumerate() {
            let text = text(number, mark);
            bytes += text.len();
            self.device.pass(61_000);
            self.device.ask(edit(id, field, text)?)?;
        }
        self.device.pass(61_000);
        Ok(json!({ "bytes": bytes }))
    }

    fn count(&mut self, field: &str, mark: &str) -> Result<Value> {
        let mut found = 0;
        for (number, id) in self.households()?.into_iter().enumerate() {
            let page = self.device.ask(GetHousehold { id })?;
            let there = if field == "note" { page.note } else { page.channel };
            found += usize::from(there.as_deref() == Some(text(number, mark).as_str()));
        }
        Ok(json!({ "found": found }))
    }

    fn households(&mut self) -> Result<Vec<RecordId>> {
        let (mut ids, mut after) = (Vec::new(), None);
        while ids.len() < EDITED {
            let filter = HouseholdFilter::All;
            let query = ListHouseholds { filter, after, limit: 200, ..Default::default() };
            let window = self.device.ask(query)?;
            ids.extend(window.rows.into_iter().map(|row| row.id));
            after = window.next;
            if after.is_none() {
                break;
            }
        }
        ids.truncate(EDITED);
        Ok(ids)
    }
}

fn edit(id: RecordId, field: &str, text: String) -> Result<EditHousehold> {
    let text = Some(text);
    let (note, channel) = match field {
        "note" => (text, None),
        "channel" => (None, text),
        other => bail!("no such field: {other}"),
    };
    Ok(EditHousehold { channel, note, ..EditHousehold::nothing(id) })
}

fn text(number: usize, mark: &str) -> String {
    mark.replace('#', &number.to_string())
}

fn ms_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}
