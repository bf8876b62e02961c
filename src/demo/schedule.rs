//! When what goes wrong: a pure function of the seed and of the time since the demo began.
//!
//! The clusters are dealt out to lanes. In a lane, one cluster after the other has its turn, so that every
//! cluster recovers before its next one. Some lanes are restless: there the next turn begins as the last one
//! ends, so that there is always something to see; in the others there is quiet in between.

use std::time::Duration;

use fastrand::Rng;

use super::blueprint::Blueprint;
use super::fault::Fault;

/// What a newcomer sees first, lane by lane: something critical, a warning, and a cluster out of reach.
const OPENING: [Fault; 3] = [Fault::NodeLost, Fault::MonitorFails, Fault::Unreachable];

/// Of seventeen clusters, so many may have trouble at a time, and at least so many have.
const TROUBLED_OF_17: usize = 4;
const RESTLESS_OF_17: usize = 2;

/// Everything that will happen.
#[derive(Debug)]
pub(super) struct Schedule {
    seed: u64,
    lanes: Vec<Lane>,
    /// By cluster.
    places: Vec<Place>,
}

/// Clusters of which at most one has trouble at a time.
#[derive(Debug)]
struct Lane {
    clusters: usize,
    turn_ms: u64,
    restless: bool,
}

/// A cluster's place in its lane, and what happens to it, in that order, again and again.
#[derive(Debug)]
struct Place {
    lane: usize,
    position: usize,
    bag: Vec<Fault>,
}

/// One fault in one cluster.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) fault: Fault,
    /// Since the demo began.
    pub(super) start: Duration,
    pub(super) length: Duration,
    /// Chooses the node and the resource concerned.
    pub(super) pick: u64,
}

impl Schedule {
    /// Deals the clusters out to lanes.
    pub(super) fn new(seed: u64, clusters: &[Blueprint]) -> Self {
        let count = clusters.len();
        let lane_count = (count * TROUBLED_OF_17 / 17).max(OPENING.len()).min(count);
        let restless = (count * RESTLESS_OF_17 / 17).max(1);
        let mut order: Vec<usize> = (0..count).collect();
        random(seed, 0, 0).shuffle(&mut order);

        let lanes = (0..lane_count)
            .map(|lane| {
                let clusters = (count - lane).div_ceil(lane_count);
                let turn_ms = 70_000 + random(seed, 1, lane as u64).u64(0..30_000);
                Lane { clusters, turn_ms, restless: lane < restless && clusters > 1 }
            })
            .collect();
        let mut places: Vec<Place> =
            clusters.iter().map(|_| Place { lane: 0, position: 0, bag: Vec::new() }).collect();
        for (dealt, cluster) in order.into_iter().enumerate() {
            let mut bag = Fault::of(&clusters[cluster]);
            random(seed, 2, cluster as u64).shuffle(&mut bag);
            places[cluster] = Place { lane: dealt % lane_count, position: dealt / lane_count, bag };
        }
        Self { seed, lanes, places }
    }

    /// What goes on in that cluster at that moment.
    pub(super) fn episode(&self, cluster: usize, elapsed: Duration) -> Option<Episode> {
        let place = self.places.get(cluster)?;
        let lane = self.lanes.get(place.lane)?;
        let turn = elapsed.as_millis() as u64 / lane.turn_ms;
        if turn % lane.clusters as u64 != place.position as u64 {
            return None;
        }
        let episode = self.plan(place, lane, turn)?;
        (episode.start <= elapsed && elapsed < episode.start + episode.length).then_some(episode)
    }

    fn plan(&self, place: &Place, lane: &Lane, turn: u64) -> Option<Episode> {
        let mut rng = random(self.seed, 3 + place.lane as u64, turn);
        let usual = place.bag.get((turn / lane.clusters as u64) as usize % place.bag.len().max(1));
        let opening = OPENING.get(place.lane).filter(|fault| turn == 0 && place.bag.contains(fault));
        let length_ms = if lane.restless { lane.turn_ms } else { lane.turn_ms * 6 / 10 };
        let begins_at_once = turn == 0 && opening.is_some();
        let delay_ms = if begins_at_once { 0 } else { rng.u64(0..=lane.turn_ms - length_ms) };
        Some(Episode {
            fault: *opening.or(usual)?,
            start: Duration::from_millis(turn * lane.turn_ms + delay_ms),
            length: Duration::from_millis(length_ms),
            pick: rng.u64(..),
        })
    }
}

impl Episode {
    /// When each phase began that has begun, since the demo began; never empty.
    pub(super) fn phases(&self, elapsed: Duration) -> Vec<Duration> {
        let weights = self.fault.phases();
        let total = u64::from(weights.iter().sum::<u32>()).max(1);
        let length = self.length.as_millis() as u64;
        let mut passed = 0;
        let mut phases = Vec::with_capacity(weights.len());
        for weight in weights {
            let start = self.start + Duration::from_millis(length * passed / total);
            if start > elapsed && !phases.is_empty() {
                break;
            }
            phases.push(start);
            passed += u64::from(*weight);
        }
        phases
    }
}

/// The random numbers for one purpose and its `index`-th use, always the same.
pub(super) fn random(seed: u64, purpose: u64, index: u64) -> Rng {
    let mut mixed = Rng::with_seed(seed ^ purpose.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    Rng::with_seed(mixed.u64(..) ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03))
}
