//! Placeholder while the demo is written.
use crate::kernel::Result;
use crate::kernel::time::Clock;
use crate::platform::auth::Passwords;
use crate::platform::db::Database;

/// What was loaded.
pub struct Loaded {
    /// Names to log in with.
    pub logins: Vec<String>,
}
/// Loads.
pub async fn load(_: &Database, _: &Clock, _: &Passwords) -> Result<Loaded> {
    Ok(Loaded { logins: vec![String::new(); 5] })
}
/// Fills.
pub async fn fill(_: &Database, _: &Clock, _: &Passwords, _: u64, _: &dyn Fn(u64, u64)) -> Result<()> {
    Ok(())
}
