//! Scenarios on the screen: keys in, screens out; and the whole console on three hosts that run real scripts.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/deeds.rs"]
mod deeds;
mod drawn;
mod hosts;
mod keys;
mod layout;
mod locks;
mod mouse;
mod person;
#[path = "../common/press.rs"]
mod press;
#[path = "../common/running.rs"]
mod running;
mod screens;
mod taken_back;
mod whole;
