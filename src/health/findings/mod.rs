//! The findings, one a file.
//!
//! A new one: write its file, and add its `CHECK` to [`CHECKS`] where it belongs.

mod clock_skew;
mod clone_incomplete;
mod clone_shape;
mod cluster_maintenance;
mod cluster_stopped;
mod configuration;
mod connecting;
mod connectivity_lost;
mod daemon_down;
mod drbd_degraded;
mod drbd_split_brain;
mod fail_count;
mod fail_count_threshold;
mod failure_recovered;
mod feature_sets;
mod fencing_disabled;
mod fencing_failed;
mod fencing_impossible;
mod fencing_no_device;
mod fencing_pending;
mod fencing_settings;
mod leftover_constraint;
mod link_down;
mod lost;
mod member_cut_off;
mod member_silent;
mod member_stopped;
mod members_even;
mod members_many;
mod members_single;
mod mixed_versions;
mod no_dc;
mod no_quorum;
mod node_fenced;
mod node_health;
mod node_maintenance;
mod node_offline;
mod node_pending;
mod node_shutting_down;
mod node_standby;
mod node_standby_on_fail;
mod node_unclean;
mod not_understood;
mod other_cluster;
mod pacemaker_state;
mod picture_old;
mod promoted_missing;
mod qdevice_down;
mod resource_blocked;
mod resource_disabled;
mod resource_failed;
mod resource_multiply_active;
mod resource_orphaned;
mod resource_stopped;
mod resource_unmanaged;
mod sbd_disk_lost;
mod sbd_diskless_two_nodes;
mod sbd_timeouts;
mod split_brain;
mod stop_all_resources;
mod takeover_barred;
mod ticket;
mod too_large;
mod verify_errors;
mod views_differ;

use super::check::Check;

/// Every check. Their order is that of equally bad findings: what may cause another stands before it.
pub const CHECKS: &[Check] = &[
    // The contact.
    connecting::CHECK,
    lost::HOST_KEY_CHANGED,
    lost::HOST_KEY_UNKNOWN,
    lost::AUTHENTICATION,
    lost::PERMISSION_DENIED,
    lost::NOT_INSTALLED,
    lost::UNREADABLE,
    lost::TOO_MUCH_OUTPUT,
    lost::UNKNOWN_HOST,
    lost::REFUSED,
    lost::UNREACHABLE,
    lost::LOGIN_PENDING,
    lost::SLOW_LOGIN,
    lost::TIMEOUT,
    lost::CONNECTION_LOST,
    lost::OTHER,
    picture_old::CHECK,
    too_large::CHECK,
    cluster_stopped::CHECK,
    // What its members say of each other.
    other_cluster::CHECK,
    split_brain::CHECK,
    member_cut_off::CHECK,
    member_stopped::CHECK,
    member_silent::CHECK,
    views_differ::CHECK,
    // The stack under Pacemaker, on which the rest stands.
    daemon_down::CHECK,
    link_down::CHECK,
    qdevice_down::CHECK,
    sbd_disk_lost::CHECK,
    // The cluster as a whole.
    no_quorum::CHECK,
    no_dc::CHECK,
    pacemaker_state::CHECK,
    stop_all_resources::CHECK,
    fencing_no_device::CHECK,
    fencing_impossible::CHECK,
    cluster_maintenance::CHECK,
    // Its nodes and their fencing.
    fencing_failed::CHECK,
    node_unclean::CHECK,
    fencing_pending::CHECK,
    node_offline::CHECK,
    node_standby_on_fail::CHECK,
    node_health::CHECK,
    connectivity_lost::CHECK,
    node_pending::CHECK,
    node_shutting_down::CHECK,
    node_standby::CHECK,
    node_maintenance::CHECK,
    ticket::CHECK,
    // Its resources.
    drbd_split_brain::CHECK,
    drbd_degraded::CHECK,
    resource_multiply_active::CHECK,
    resource_blocked::CHECK,
    resource_failed::CHECK,
    promoted_missing::CHECK,
    clone_incomplete::CHECK,
    resource_stopped::CHECK,
    fail_count_threshold::CHECK,
    failure_recovered::CHECK,
    resource_orphaned::CHECK,
    resource_unmanaged::CHECK,
    takeover_barred::CHECK,
    clone_shape::CHECK,
    // What will hurt one day.
    fencing_disabled::CHECK,
    fencing_settings::CHECK,
    sbd_timeouts::CHECK,
    sbd_diskless_two_nodes::CHECK,
    leftover_constraint::CHECK,
    configuration::CHECK,
    verify_errors::CHECK,
    mixed_versions::CHECK,
    feature_sets::CHECK,
    clock_skew::CHECK,
    members_single::CHECK,
    members_even::CHECK,
    members_many::CHECK,
    fail_count::CHECK,
    resource_disabled::CHECK,
    node_fenced::CHECK,
    not_understood::CHECK,
];
