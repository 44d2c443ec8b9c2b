//! Limits on how often one client may do something, told in the answer's `RateLimit` headers.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use rocket::Request;

use super::client::client_network;
use super::context::context;
use crate::error::{Error, Result};

/// Networks remembered before those that are long quiet are forgotten.
const NETWORKS_KEPT: usize = 10_000;

/// How often one client may do something.
#[derive(Clone)]
pub struct Pace {
    name: &'static str,
    per_minute: NonZeroU32,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr, StateInformationMiddleware>>,
}

impl Pace {
    /// So many times a minute, all of which may come at once; the name is for the headers.
    pub fn per_minute(name: &'static str, times: u32) -> Self {
        let per_minute = NonZeroU32::new(times).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::dashmap(Quota::per_minute(per_minute))
            .with_middleware::<StateInformationMiddleware>();
        Self { name, per_minute, limiter: Arc::new(limiter) }
    }

    /// Counts a request of its client, and notes the headers that its answer must carry.
    pub fn count(&self, request: &Request<'_>) -> Result<()> {
        let network = client_network(request).unwrap_or(IpAddr::V4([0, 0, 0, 0].into()));
        let counted = self.count_network(network);
        let (left, wait_s) = match &counted {
            Ok(left) => (*left, 60 / u64::from(self.per_minute.get()) + 1),
            Err(Error::TooMany { retry_after_s }) => (0, *retry_after_s),
            Err(_) => (0, 1),
        };
        if let Ok(mut headers) = context(request).rate_headers.lock() {
            let Self { name, per_minute, .. } = self;
            headers.push(("RateLimit-Policy", format!("\"{name}\";q={per_minute};w=60")));
            headers.push(("RateLimit", format!("\"{name}\";r={left};t={wait_s}")));
        }
        counted.map(drop)
    }

    /// Counts one more; how many are left, or when to come back.
    fn count_network(&self, network: IpAddr) -> Result<u32> {
        if self.limiter.len() > NETWORKS_KEPT {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&network) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Error::TooMany { retry_after_s: wait.as_secs() + 1 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tries_too_often_is_told_when_to_come_back() {
        let pace = Pace::per_minute("sign-in", 2);
        let address = IpAddr::V4([192, 0, 2, 1].into());
        assert_eq!(pace.count_network(address).unwrap(), 1);
        assert_eq!(pace.count_network(address).unwrap(), 0);
        let refused = pace.count_network(address);
        assert!(matches!(refused, Err(Error::TooMany { retry_after_s: 1..=31 })), "{refused:?}");
        assert!(pace.count_network(IpAddr::V4([192, 0, 2, 2].into())).is_ok());
    }
}
