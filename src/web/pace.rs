//! Limits on how often one address may try something, told in the answer's `RateLimit` headers.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, async_trait};

use super::client::{TrustedProxies, network_of};
use super::context::context;
use super::problem::refuse;
use crate::error::{Error, Result};

/// Addresses remembered before those that are long quiet are forgotten.
const ADDRESSES_KEPT: usize = 10_000;

/// How often one address may try to sign in.
#[derive(Clone)]
pub struct Pace {
    per_minute: NonZeroU32,
    limiter: Arc<DefaultKeyedRateLimiter<IpAddr, StateInformationMiddleware>>,
}

impl Pace {
    /// So many tries a minute, all of which may come at once.
    pub fn per_minute(tries: u32) -> Self {
        let per_minute = NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN);
        let limiter = RateLimiter::dashmap(Quota::per_minute(per_minute))
            .with_middleware::<StateInformationMiddleware>();
        Self { per_minute, limiter: Arc::new(limiter) }
    }

    /// Counts a try; how many are left, or when to come back.
    fn try_from(&self, address: IpAddr) -> Result<u32> {
        if self.limiter.len() > ADDRESSES_KEPT {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&network_of(address)) {
            Ok(state) => Ok(state.remaining_burst_capacity()),
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Error::TooMany { retry_after_s: wait.as_secs() + 1 })
            }
        }
    }
}

/// A guard for routes that check a password.
#[derive(Debug)]
pub struct SignInPace(());

#[async_trait]
impl<'r> FromRequest<'r> for SignInPace {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let rocket = request.rocket();
        let (Some(pace), Some(proxies)) =
            (rocket.state::<Pace>(), rocket.state::<TrustedProxies>())
        else {
            return refuse(request, Error::internal("the sign-in pace is not managed"));
        };
        let address = proxies.client_of(request).unwrap_or(IpAddr::V4([0, 0, 0, 0].into()));
        let tried = pace.try_from(address);
        let (left, wait_s) = match &tried {
            Ok(left) => (*left, 60 / u64::from(pace.per_minute.get()) + 1),
            Err(Error::TooMany { retry_after_s }) => (0, *retry_after_s),
            Err(_) => (0, 1),
        };
        if let Ok(mut headers) = context(request).rate_headers.lock() {
            headers.push(("RateLimit-Policy", format!("\"sign-in\";q={};w=60", pace.per_minute)));
            headers.push(("RateLimit", format!("\"sign-in\";r={left};t={wait_s}")));
        }
        match tried {
            Ok(_) => Outcome::Success(Self(())),
            Err(error) => refuse(request, error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_tries_too_often_is_told_when_to_come_back() {
        let pace = Pace::per_minute(2);
        let address = IpAddr::V4([192, 0, 2, 1].into());
        assert_eq!(pace.try_from(address).unwrap(), 1);
        assert_eq!(pace.try_from(address).unwrap(), 0);
        let refused = pace.try_from(address);
        assert!(matches!(refused, Err(Error::TooMany { retry_after_s: 1..=31 })), "{refused:?}");
        assert!(pace.try_from(IpAddr::V4([192, 0, 2, 2].into())).is_ok());
    }
}
