//! Network addresses: where a request comes from when proxies stand between, and which addresses are one caller's.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// A network such as `10.0.0.0/8` or `2001:db8::/32`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    mask: u128,
}

impl Network {
    /// Whether the address lies in it; an IPv4 address is the same when IPv6 carries it.
    pub fn contains(&self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.first
    }
}

impl FromStr for Network {
    type Err = ();
    fn from_str(text: &str) -> Result<Network, ()> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| ())?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let length = length.unwrap_or(whole);
        if length > whole {
            return Err(());
        }
        let mask = u128::MAX.checked_shl(whole - length).unwrap_or_default();
        // The 96 bits in front of an IPv4 address are part of it.
        let mask = if address.is_ipv4() { mask | (u128::MAX << 32) } else { mask };
        Ok(Network { first: bits(address) & mask, mask })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

/// Whose `X-Forwarded-For` is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TrustedProxies {
    /// Nobody's: the address that connects counts.
    #[default]
    None,
    /// That of whoever connects, and of nobody behind it: there is one proxy, and no way around it.
    Nearest,
    /// That of the proxies in these networks, however many stand one behind the other.
    Within(Vec<Network>),
}

impl FromStr for TrustedProxies {
    type Err = ();
    fn from_str(text: &str) -> Result<TrustedProxies, ()> {
        match text {
            "false" => Ok(TrustedProxies::None),
            "true" => Ok(TrustedProxies::Nearest),
            list => {
                list.split(',').map(|item| item.trim().parse()).collect::<Result<_, _>>().map(Self::Within)
            }
        }
    }
}

impl TrustedProxies {
    /// Where a request comes from: the right-most address that is no trusted proxy's. What stands before it is whatever
    /// the caller wrote, so the walk ends there, and at an entry that is no address.
    ///
    /// `peer` is who connects, `forwarded` the entries of all `X-Forwarded-For` lines in their order.
    pub fn origin(&self, peer: IpAddr, forwarded: &[&str]) -> IpAddr {
        let trusts = |hop: usize, address: IpAddr| match self {
            TrustedProxies::None => false,
            TrustedProxies::Nearest => hop == 0,
            TrustedProxies::Within(networks) => networks.iter().any(|network| network.contains(address)),
        };
        let mut origin = peer.to_canonical();
        for (hop, entry) in forwarded.iter().rev().enumerate() {
            if !trusts(hop, origin) {
                break;
            }
            match address_in(entry) {
                Some(told) => origin = told,
                None => break,
            }
        }
        origin
    }
}

/// The address in an entry of `X-Forwarded-For`, which some proxies write with a port or in brackets.
fn address_in(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().or_else(|_| entry.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// What an address is counted as: a caller on IPv6 has a whole /64 to choose from, and an IPv4 address is the same when
/// IPv6 carries it. What is no address counts as it is.
pub fn counted_as(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        Ok(v4) => v4.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origin(trusted: &str, peer: &str, forwarded: &[&str]) -> String {
        let trusted: TrustedProxies = trusted.parse().expect(trusted);
        trusted.origin(peer.parse().expect(peer), forwarded).to_string()
    }

    #[test]
    fn the_right_most_address_that_is_no_trusted_proxy_counts() {
        for (trusted, peer, forwarded, expected) in [
            ("false", "203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("true", "10.0.0.1", &["192.0.2.66", "198.51.100.1"], "198.51.100.1"),
            ("true", "10.0.0.1", &[], "10.0.0.1"),
            ("true", "10.0.0.1", &["198.51.100.1", "unknown"], "10.0.0.1"),
            ("true", "10.0.0.1", &["198.51.100.1", ""], "10.0.0.1"),
            ("true", "10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("true", "10.0.0.1", &["[2001:db8::1]:443"], "2001:db8::1"),
            ("true", "10.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("true", "10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8, fd00::/8", "fd00::1", &["192.0.2.66", "198.51.100.1", "10.9.9.9"], "198.51.100.1"),
            ("10.0.0.0/8", "10.0.0.1", &["192.0.2.66", "nonsense", "10.9.9.9"], "10.9.9.9"),
            ("10.0.0.0/8", "10.0.0.1", &["10.1.1.1", "10.2.2.2"], "10.1.1.1"),
            ("10.0.0.7", "10.0.0.8", &["198.51.100.1"], "10.0.0.8"),
        ] {
            assert_eq!(origin(trusted, peer, forwarded), expected, "{trusted} {peer} {forwarded:?}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "yes", "10.0.0.0/33", "::/129", "10.0.0.0/8,", "10.0.0/8", "10.0.0.0/-1"] {
            assert_eq!(text.parse::<TrustedProxies>(), Err(()), "{text}");
        }
        let all: Network = "0.0.0.0/0".parse().expect("all of IPv4");
        assert!(all.contains("203.0.113.9".parse().expect("an address")));
        assert!(!all.contains("2001:db8::1".parse().expect("an address")));
        let everything: Network = "::/0".parse().expect("everything");
        assert!(everything.contains("203.0.113.9".parse().expect("an address")));
    }

    #[test]
    fn a_neighbourhood_of_ipv6_counts_as_one() {
        for (address, counted) in [
            ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("198.51.100.1", "198.51.100.1"),
            ("", ""),
        ] {
            assert_eq!(counted_as(address), counted);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_caller_writes_the_address_that_the_proxy_saw_counts(
            written in proptest::collection::vec("[0-9a-f.:, \\[\\]]{0,20}", 0..6), seen in any::<u32>(),
        ) {
            let seen = IpAddr::V4(seen.into());
            let (mut forwarded, told): (Vec<&str>, _) =
                (written.iter().flat_map(|line| line.split(',')).collect(), seen.to_string());
            forwarded.push(&told);
            let peer = "10.0.0.1".parse().expect("an address");
            prop_assert_eq!(TrustedProxies::Nearest.origin(peer, &forwarded), seen);
        }
    }
}
