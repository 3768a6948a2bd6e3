"""What the imap backend consists of: the parts of reading somebody's mailbox by IMAP (RFC 3501 and its extensions).

``accounts`` and ``presets`` say where a mailbox is, ``client``, ``connection`` and ``commands`` speak with its server,
``attending`` keeps it, ``watching`` hears of changes, ``fetching`` brings mail in, ``folders`` knows what folders are
for, ``addressing`` whose a mail is, ``errands`` writes marks and copies back.
"""
