//! The journal of one machine, in SQLite.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{Journal, JournalError, Stamped};
use crate::model::{Event, RunId};

/// A journal in one file. Write-ahead log and full synchronisation: an event that was written survives a crash of the
/// machine.
pub struct Sqlite {
    place: String,
    connection: Mutex<Connection>,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
        run    TEXT    NOT NULL,
        number INTEGER NOT NULL,
        at     TEXT    NOT NULL,
        event  TEXT    NOT NULL,
        PRIMARY KEY (run, number)
    ) WITHOUT ROWID;
";

impl Sqlite {
    /// Opens a journal, or makes it with its folder.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let place = path.display().to_string();
        let failed = |message: String| JournalError::Store { place: place.clone(), message };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            #[expect(clippy::disallowed_methods, reason = "the journal is a file of its own")]
            std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        }
        let connection = Connection::open(path).map_err(|error| failed(error.to_string()))?;
        own(path).map_err(|error| failed(error.to_string()))?;
        Self::prepare(connection, place.clone())
    }

    /// A journal that ends with the process: for the demo.
    pub fn memory() -> Result<Self, JournalError> {
        let connection = Connection::open_in_memory();
        let connection = connection
            .map_err(|error| JournalError::Store { place: "in memory".into(), message: error.to_string() })?;
        Self::prepare(connection, "in memory".into())
    }

    fn prepare(connection: Connection, place: String) -> Result<Self, JournalError> {
        let prepared = connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| connection.execute_batch(SCHEMA));
        prepared.map_err(|error| JournalError::Store { place: place.clone(), message: error.to_string() })?;
        Ok(Self { place, connection: Mutex::new(connection) })
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, JournalError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|error| self.failed(error.to_string()))
    }

    fn failed(&self, message: String) -> JournalError {
        JournalError::Store { place: self.place.clone(), message }
    }
}

/// Leaves the file to its owner: documents stand in it.
fn own(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

#[async_trait]
impl Journal for Sqlite {
    async fn append(&self, run: &RunId, number: u64, at: &str, event: &Event) -> Result<(), JournalError> {
        let text = serde_json::to_string(event).map_err(|error| self.failed(error.to_string()))?;
        let number = i64::try_from(number).map_err(|error| self.failed(error.to_string()))?;
        let insert = "INSERT INTO events (run, number, at, event) VALUES (?1, ?2, ?3, ?4)";
        self.with(|connection| connection.execute(insert, params![run.as_str(), number, at, text]).map(drop))
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Stamped>, JournalError> {
        let rows: Vec<(String, String)> = self.with(|connection| {
            let mut select = connection.prepare("SELECT at, event FROM events WHERE run = ?1 ORDER BY number")?;
            let rows = select.query_map([run.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        })?;
        let parse = |(at, text): (String, String)| {
            let event = serde_json::from_str(&text);
            Ok((
                at,
                event.map_err(|error| self.failed(format!("run {run} has an event that cannot be read: {error}")))?,
            ))
        };
        rows.into_iter().map(parse).collect()
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.with(|connection| {
            let mut select = connection.prepare("SELECT DISTINCT run FROM events ORDER BY run DESC")?;
            let rows = select.query_map([], |row| row.get::<_, String>(0))?;
            rows.map(|row| row.map(RunId::from)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RunOutcome;

    fn event() -> Event {
        Event::RunFinished { outcome: RunOutcome::Verified }
    }

    #[tokio::test]
    async fn events_outlive_the_process_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/journal.db");
        let (first, second) = (RunId::from("01a"), RunId::from("01b"));
        let skipped = Event::ChangeSkipped { change: "c".into(), reason: "r".into() };
        {
            let journal = Sqlite::open(&path).unwrap();
            journal.append(&second, 0, "t2", &event()).await.unwrap();
            journal.append(&first, 0, "t0", &skipped).await.unwrap();
            journal.append(&first, 1, "t1", &event()).await.unwrap();
        }
        let journal = Sqlite::open(&path).unwrap();
        assert_eq!(journal.events(&first).await.unwrap(), [("t0".to_owned(), skipped), ("t1".to_owned(), event())]);
        assert_eq!(journal.runs().await.unwrap(), [second, first], "the newest first");
        assert!(journal.events(&RunId::from("01")).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_number_is_taken_once() {
        let journal = Sqlite::memory().unwrap();
        let run = RunId::from("01a");
        journal.append(&run, 0, "t", &event()).await.unwrap();
        let told = journal.append(&run, 0, "t", &event()).await.unwrap_err().to_string();
        assert!(told.contains("UNIQUE constraint failed"), "{told}");
        assert_eq!(journal.events(&run).await.unwrap().len(), 1);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a broken file for the test")]
    fn what_is_no_journal_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        std::fs::write(&path, "this is no database, and long enough to be taken for one that is broken").unwrap();
        let told = Sqlite::open(&path).err().unwrap().to_string();
        assert!(told.contains("journal.db") && told.contains("not a database"), "{told}");
    }
}
