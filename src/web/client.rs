//! Where a request comes from: the peer of the connection, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use rocket::Request;

/// Networks whose `X-Forwarded-For` is believed; everyone else's is ignored.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client's address: the last one in the chain that no trusted proxy vouches for.
    pub fn client_of(&self, request: &Request<'_>) -> Option<IpAddr> {
        let peer = request.remote()?.ip().to_canonical();
        if !self.trusts(peer) {
            return Some(peer);
        }
        let mut client = peer;
        let forwarded: Vec<&str> = request.headers().get("X-Forwarded-For").collect();
        let hops = forwarded.iter().flat_map(|line| line.split(',')).map(str::trim);
        for hop in hops.rev() {
            let Ok(address) = hop.parse::<IpAddr>() else { break };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        Some(client)
    }
}

/// What counts as one client: an address of IPv4, or the 64 bits of IPv6 that a subscriber is given
/// to number freely.
pub(super) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The network that a request comes from, if it came over one.
pub fn client_network(request: &Request<'_>) -> Option<IpAddr> {
    let proxies = request.rocket().state::<TrustedProxies>()?;
    proxies.client_of(request).map(network_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_of_ipv6_is_one_address() {
        let of = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
