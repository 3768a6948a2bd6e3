"""Who really sent a mail: SPF, DKIM, DMARC and ARC judged by ourselves, and signatures of our own. Pure but for DNS.

check.py         a message and its envelope -> AuthResults; what the way in calls
spf.py           RFC 7208 (spf_record.py reads a record, spf_macros.py expands it, spf_networks.py lists what it allows)
dkim.py          RFC 6376, 8301, 8463 (keys.py reads key records, signatures.py the fields)
reading.py       what a signature leaves open about how a mail reads
arc.py           RFC 8617
dmarc.py         RFC 9989
claims.py        Authentication-Results of others (RFC 8601)
evidence.py      what was found, as lines for people
sign.py          keys and signatures of our own
records.py       what a domain of our own publishes; publication.py (with publication_spf.py, publication_dmarc.py) and
                 transport.py hold it against DNS, in words of findings.py; certificate.py looks at the certificate
dns.py           the resolver protocol, plain data, a message's budget; nameservers.py asks real servers
fields.py        the header block as octets; canonical.py, tags.py what DKIM and ARC share
"""
