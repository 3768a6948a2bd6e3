"""How fast mailmcp is on this machine: ``python -m benchmarks`` measures and prints a Markdown table.

    figures     a measured value with its target, and the table of them
    mails       the mails that are sent
    serving     a real server process, spoken to as a host does
    start       from exec to the first answer, against an empty server; the size of the tool list
    delivery    from SMTP's 250 to the result of wait_for_otp
    ingest      messages taken in a second, and the memory of the process that took them
    authenticity messages verified in a second; the time that hostile ones take
    leaks       secrets in what leaves that are held, and ordinary mails that are
    filled      a home with many stored messages
    reading     read_thread and find_mail in such a home
    mailbox     a mailbox elsewhere: the first look, calls on what is stored, new mail to its announcement

Everything runs on loopback in throw-away homes. Timings never decide a test: a target that is missed is printed as
missed, and the program still ends with 0.
"""
