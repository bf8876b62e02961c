//! The forms of every version, and whatever else a host may print.

use proptest::prelude::*;

use super::*;
use crate::model::Reach;

fn answer(sections: &str) -> StackReport {
    stack(format!("{sections}= end\n").as_bytes()).unwrap()
}

/// corosync 3.1.9 with a link down.
#[test]
fn a_link_that_is_down() {
    let told = answer(
        "= links 0\n|Local node ID 1, transport knet\n|LINK ID 1 udp\n|\taddr\t= 10.0.1.1\n|\tstatus:\n\
         |\t\tnodeid:          1:\tlocalhost\n|\t\tnodeid:          2:\tdisconnected\n",
    );
    let links = told.links.known().unwrap();
    let crate::model::LinkState::Peers(peers) = &links[0].state else { panic!("{links:?}") };
    assert_eq!((peers[1].id, peers[1].reach), (Some(2), Reach::Disconnected));
}

#[test]
fn a_refusal_concludes_nothing() {
    let told = answer("= votes 1\n|Cannot initialize CMAP service\n= links missing\n");
    assert_eq!(
        told.votes.reason(),
        Some("corosync-quorumtool failed (exit code 1): Cannot initialize CMAP service")
    );
    assert_eq!(told.links.reason(), Some("corosync-cfgtool isn't installed or not in the path"));
    assert_eq!((told.sbd, told.drbd), (Told::Absent, Told::Absent));
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in any::<Vec<u8>>(), text in "(= (votes|links|daemons|drbd-status|drbd-proc|verify) (0|1|137)\n(\\|[ -~\t]{0,30}\n){0,4}){0,5}") {
        stack(&bytes);
        stack(text.as_bytes());
    }
}
