//! Old and new databases.

use std::borrow::Cow;

use super::*;

async fn raw(path: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).foreign_keys(true);
    SqlitePool::connect_with(options).await.unwrap()
}

#[tokio::test]
async fn an_old_database_is_brought_up_to_date_and_keeps_its_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let pool = raw(&path).await;
    let first = MIGRATIONS.migrations.iter().take(1).cloned().collect::<Vec<_>>();
    let old = Migrator { migrations: Cow::Owned(first), ..Migrator::DEFAULT };
    old.run(&pool).await.unwrap();
    sqlx::query("INSERT INTO account VALUES ('id', 'ada', '$argon2id$', 1)").execute(&pool).await.unwrap();
    assert!(sqlx::query("SELECT * FROM lockout").fetch_optional(&pool).await.is_err(), "the old tables are too new");
    pool.close().await;

    let store = Store::open(&path, b"key").await.unwrap();
    let account = store.account_by_name("ada").await.unwrap().unwrap();
    assert_eq!(account.created.0, 1);
    sqlx::query("SELECT * FROM lockout").fetch_optional(&store.pool).await.unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.sqlite");
    let store = Store::open(&path, b"key").await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations SELECT 9999, 'later', installed_on, 1, x'00', 0 FROM _sqlx_migrations LIMIT 1",
    )
    .execute(&store.pool)
    .await
    .unwrap();
    store.pool.close().await;
    assert!(matches!(Store::open(&path, b"key").await, Err(StoreError::Newer(_))));
}

#[tokio::test]
async fn a_database_of_another_key_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db.sqlite");
    Store::open(&path, b"one").await.unwrap().pool.close().await;
    assert!(matches!(Store::open(&path, b"two").await, Err(StoreError::OtherKey(_))));
    std::fs::write(&path, b"this is no database, but long enough to be looked at as one".repeat(20)).unwrap();
    assert!(matches!(Store::open(&path, b"one").await, Err(StoreError::Open { .. } | StoreError::Migrate { .. })));
}
