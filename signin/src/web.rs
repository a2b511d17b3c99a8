//! What stands between HTTP and the flows: bodies, cookies, who is asking, and what no request gets past.

pub(crate) mod body;
pub(crate) mod cookies;
pub(crate) mod form_token;
pub(crate) mod gate;
pub(crate) mod guard;
pub(crate) mod who;
