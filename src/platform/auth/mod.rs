//! Who is asking, and how we know: viewers with their rights, access tokens, passwords.

mod ownership;
mod passwords;
mod tokens;
mod viewer;

pub use ownership::View;
pub use passwords::{Passwords, Place, hash_secret, new_secret, normalized};
pub use tokens::{AccessClaims, LEEWAY, TokenKeys};
pub use viewer::{Actor, ActorKind, Right, Role, Scope, Viewer, VisibilityKey};
