//! Writes that wait for SQLite's one writer. Whoever gets it does what all of them want in one
//! transaction, so that many share one wait for the disk.

use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::sql::Sql;
use super::sqlite::write;
use crate::fault::ServerFault;

/// Writes in one transaction at most.
const TOGETHER: usize = 64;

/// What waits, in the order in which it came.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Vec<Box<dyn Job>>>,
}

/// One write. It may be done more than once; only what was committed is answered.
trait Job: Send {
    /// Does it in a part of its own of somebody's transaction. An error is one of the transaction.
    fn work(&mut self, transaction: &dyn Sql) -> Result<(), ServerFault>;
    /// Does it in a transaction of its own.
    fn work_alone(&mut self, connection: &mut Connection);
    /// Hands over what came of it.
    fn answer(self: Box<Self>);
}

struct Waiting<T, W> {
    work: W,
    done: Option<Result<T, ServerFault>>,
    answer: oneshot::Sender<Result<T, ServerFault>>,
}

impl Queue {
    /// Lets a write wait; it is answered once it is on disk.
    pub(super) fn join<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn Sql) -> Result<T, ServerFault> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, ServerFault>> {
        let (answer, answered) = oneshot::channel();
        self.waiting().push(Box::new(Waiting { work, done: None, answer }));
        answered
    }

    /// Does everything that waits.
    pub(super) fn settle(&self, connection: &mut Connection) {
        let mut jobs = take(&mut *self.waiting());
        while !jobs.is_empty() {
            let later = jobs.split_off(jobs.len().min(TOGETHER));
            settle_together(connection, jobs);
            jobs = later;
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Box<dyn Job>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settle_together(connection: &mut Connection, mut jobs: Vec<Box<dyn Job>>) {
    let is_alone = jobs.len() == 1;
    let together =
        || write(connection, |transaction| jobs.iter_mut().try_for_each(|job| job.work(transaction)));
    let is_done = !is_alone && unharmed(together).is_some_and(|done| done.is_ok());
    if !is_done {
        // Each by itself: what is wrong with one is said to that one.
        for job in &mut jobs {
            unharmed(|| job.work_alone(connection));
        }
    }
    jobs.into_iter().for_each(Job::answer);
}

/// `None` when it panicked: a defect that one request meets is not to end the others.
fn unharmed<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

impl<T: Send, W: Fn(&dyn Sql) -> Result<T, ServerFault> + Send> Job for Waiting<T, W> {
    fn work(&mut self, transaction: &dyn Sql) -> Result<(), ServerFault> {
        let mut fault = None;
        let part = transaction.savepoint(|| {
            (self.work)(transaction).map_err(|error| {
                fault = Some(error);
                ServerFault::Unwritable
            })
        });
        self.done = Some(match (part, fault) {
            (Ok(done), _) => Ok(done),
            // Nothing is left of it, and the others go on.
            (Err(ServerFault::Unwritable), Some(fault)) => Err(fault),
            (Err(fault), _) => return Err(fault),
        });
        Ok(())
    }

    fn work_alone(&mut self, connection: &mut Connection) {
        self.done = None;
        self.done = Some(write(connection, &self.work));
    }

    fn answer(self: Box<Self>) {
        // Whoever asked may be gone.
        let _ = self.answer.send(self.done.unwrap_or(Err(ServerFault::Stopping)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let schema = "PRAGMA foreign_keys = on;
                      CREATE TABLE kept (id INTEGER PRIMARY KEY);
                      CREATE TABLE child (of INTEGER REFERENCES kept (id) DEFERRABLE INITIALLY DEFERRED);";
        connection.execute_batch(schema).unwrap();
        connection
    }

    fn keep(id: i64) -> impl Fn(&dyn Sql) -> Result<i64, ServerFault> + Send {
        move |transaction| {
            transaction.execute("INSERT INTO kept (id) VALUES (?1)", values![id])?;
            Ok(id)
        }
    }

    fn kept(connection: &Connection) -> Vec<i64> {
        let sql: &dyn Sql = connection;
        sql.all("SELECT id FROM kept ORDER BY id", vec![], |row| row.get(0)).unwrap()
    }

    /// What becomes of 1 and 3 when `second` waits between them.
    fn between(second: impl Fn(&dyn Sql) -> Result<i64, ServerFault> + Send + 'static) -> (bool, Vec<i64>) {
        let (mut connection, queue) = (database(), Queue::default());
        let answers = [queue.join(keep(1)), queue.join(second), queue.join(keep(3))];
        queue.settle(&mut connection);
        let [one, two, three] = answers.map(|mut answer| answer.try_recv().unwrap());
        assert_eq!((one.unwrap(), three.unwrap()), (1, 3));
        (two.is_ok(), kept(&connection))
    }

    #[test]
    fn those_that_wait_share_a_transaction() {
        let (mut connection, queue) = (database(), Queue::default());
        // Only a transaction that also brings the parent can be committed.
        let child =
            |transaction: &dyn Sql| Ok(transaction.execute("INSERT INTO child (of) VALUES (99)", vec![])?);
        let mut child = queue.join(child);
        let parents: Vec<_> = (60..160).map(|id| queue.join(keep(id))).collect();
        queue.settle(&mut connection);
        assert!(child.try_recv().unwrap().is_ok());
        assert!(parents.into_iter().all(|mut answer| answer.try_recv().unwrap().is_ok()));
        assert_eq!(kept(&connection).len(), 100, "also those that did not fit into the first");
    }

    #[test]
    fn one_that_fails_leaves_nothing_and_the_others_are_kept() {
        let failing = |transaction: &dyn Sql| {
            keep(2)(transaction)?;
            Err(ServerFault::CodeWrong)
        };
        assert_eq!(between(failing), (false, vec![1, 3]));
    }

    #[test]
    fn one_that_fails_only_when_all_are_committed_fails_alone() {
        let failing = |transaction: &dyn Sql| {
            transaction.execute("INSERT INTO child (of) VALUES (99)", vec![])?;
            keep(2)(transaction)
        };
        assert_eq!(between(failing), (false, vec![1, 3]));
    }

    #[test]
    fn one_that_panics_does_not_end_the_others() {
        assert_eq!(between(|_| panic!("a defect")), (false, vec![1, 3]));
    }
}
