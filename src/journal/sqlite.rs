//! The store of one machine, in SQLite.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Item, Key, Store, StoreError, private};

/// A store in one file, which any number of processes may use. Write-ahead log and full synchronisation: what was
/// written survives a crash of the machine.
pub struct Sqlite {
    place: String,
    connection: Mutex<Connection>,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS items (
        partition TEXT    NOT NULL,
        sort      TEXT    NOT NULL,
        body      TEXT    NOT NULL,
        version   INTEGER NOT NULL,
        expires   INTEGER,
        PRIMARY KEY (partition, sort)
    );
    CREATE INDEX IF NOT EXISTS items_expires ON items (expires) WHERE expires IS NOT NULL;
";

const CREATE: &str = "INSERT INTO items (partition, sort, body, version, expires) VALUES (?1, ?2, ?3, 1, ?4)
    ON CONFLICT (partition, sort) DO NOTHING";
const REPLACE: &str = "UPDATE items SET body = ?3, version = version + 1, expires = ?4
    WHERE partition = ?1 AND sort = ?2 AND version = ?5";

impl Sqlite {
    /// Opens a store, or makes it with its folder. What has expired goes.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let place = path.display().to_string();
        let failed = |message: String| StoreError { place: place.clone(), message };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            private::folder(folder).map_err(|error| failed(error.to_string()))?;
        }
        // SQLite gives what it keeps beside the file the file's own permissions.
        private::file(path).map_err(|error| failed(error.to_string()))?;
        let connection = Connection::open(path).map_err(|error| failed(error.to_string()))?;
        Self::prepare(connection, place.clone())
    }

    /// A store that ends with the process: for the demo.
    pub fn memory() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory();
        let connection =
            connection.map_err(|error| StoreError { place: "in memory".into(), message: error.to_string() })?;
        Self::prepare(connection, "in memory".into())
    }

    fn prepare(connection: Connection, place: String) -> Result<Self, StoreError> {
        let prepared = connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .and_then(|()| connection.execute_batch(SCHEMA))
            .and_then(|()| sweep(&connection));
        prepared.map_err(|error| StoreError { place: place.clone(), message: error.to_string() })?;
        Ok(Self { place, connection: Mutex::new(connection) })
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|error| StoreError { place: self.place.clone(), message: error.to_string() })
    }
}

/// Body and version, from a column on.
fn item(row: &Row<'_>, column: usize) -> rusqlite::Result<Item> {
    let version: i64 = row.get(column + 1)?;
    Ok(Item { body: row.get(column)?, version: version.unsigned_abs() })
}

/// A version as SQLite counts.
fn counted(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

/// Deletes what has expired. Nothing is locked where nothing has.
fn sweep(connection: &Connection) -> rusqlite::Result<()> {
    let some = "SELECT EXISTS (SELECT 1 FROM items WHERE expires <= unixepoch())";
    if connection.query_row(some, [], |row| row.get(0))? {
        connection.execute("DELETE FROM items WHERE expires <= unixepoch()", [])?;
    }
    Ok(())
}

#[async_trait]
impl Store for Sqlite {
    fn place(&self) -> String {
        self.place.clone()
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        self.with(|connection| {
            let mut select =
                connection.prepare_cached("SELECT body, version FROM items WHERE partition = ?1 AND sort = ?2")?;
            select.query_row([&key.partition, &key.sort], |row| item(row, 0)).optional()
        })
    }

    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        let expires = expires.map(Timestamp::as_second);
        self.with(|connection| {
            let written =
                connection.prepare_cached(CREATE)?.execute(params![key.partition, key.sort, body, expires])?;
            Ok(written == 1)
        })
    }

    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let expires = expires.map(Timestamp::as_second);
        self.with(|connection| {
            let mut update = connection.prepare_cached(REPLACE)?;
            Ok(update.execute(params![key.partition, key.sort, body, expires, counted(version)])? == 1)
        })
    }

    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError> {
        self.with(|connection| {
            let delete = "DELETE FROM items WHERE partition = ?1 AND sort = ?2 AND version = ?3";
            Ok(connection.execute(delete, params![key.partition, key.sort, counted(version)])? == 1)
        })
    }

    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        self.with(|connection| {
            let mut select =
                connection.prepare("SELECT sort, body, version FROM items WHERE partition = ?1 ORDER BY sort")?;
            let rows = select.query_map([partition], |row| Ok((row.get(0)?, item(row, 1)?)))?;
            rows.collect()
        })
    }

    async fn list_each(&self, partition: &str) -> Result<Vec<(String, Result<Item, String>)>, StoreError> {
        self.with(|connection| {
            let select = "SELECT CAST(sort AS BLOB), body, version FROM items WHERE partition = ?1 ORDER BY sort";
            let mut select = connection.prepare(select)?;
            let rows = select.query_map([partition], |row| {
                let sort: Vec<u8> = row.get(0)?;
                let item = item(row, 1).map_err(|_| "is no text".to_owned());
                Ok((String::from_utf8_lossy(&sort).into_owned(), item))
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a broken file for the test")]
    fn what_is_no_store_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        std::fs::write(&path, "this is no database, and long enough to be taken for one that is broken").unwrap();
        let told = Sqlite::open(&path).err().unwrap().to_string();
        assert!(told.contains("journal.db") && told.contains("not a database"), "{told}");
    }

    #[tokio::test]
    async fn what_has_expired_goes_when_the_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/journal.db");
        let (old, new, kept) = (Key::only("old"), Key::only("new"), Key::only("kept"));
        {
            let store = Sqlite::open(&path).unwrap();
            assert!(store.create(&old, "o", Some(Timestamp::UNIX_EPOCH)).await.unwrap());
            assert!(store.create(&new, "n", Some(Timestamp::MAX)).await.unwrap());
            assert!(store.create(&kept, "k", None).await.unwrap());
            assert!(store.get(&old).await.unwrap().is_some(), "it means nothing while the store is open");
        }
        let store = Sqlite::open(&path).unwrap();
        assert_eq!(store.get(&old).await.unwrap(), None);
        assert!(store.get(&new).await.unwrap().is_some());
        assert!(store.get(&kept).await.unwrap().is_some());
    }
}
