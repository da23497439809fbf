"""Addresses by the hundred thousand: a quick way for plain ones, and what is doubtful about an address."""

import re

from contacts import addresses

# A dot-atom of harmless letters, labels without two hyphens in a row (so none is of IDNA), a top-level domain of
# letters. Narrower than RFC 5321 on purpose: what it does not take, the library decides.
_PLAIN = re.compile(
    r"[A-Za-z0-9_+]+(?:[.-][A-Za-z0-9_+]+)*@((?:[A-Za-z0-9]{1,63}(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,63})", re.ASCII
)
_MAX_LOCAL = 64
# Kept well below the limits of names, which the pattern does not count through hyphens.
_MAX_PLAIN = 64
# Top-level domains of RFC 6761 and the like, under which no mail travels.
_SPECIAL = (".arpa", ".invalid", ".local", ".localhost", ".onion", ".test")
# RFC 2142, and what companies call the mailboxes that nobody owns.
ROLES = frozenset(
    """
    abuse accounting accounts achats administration admin administrateur billing bonjour careers commercial
    commercials
    communication compliance comptabilite compta contact contacts contacto customerservice direction dpo emploi
    enquiries
    enquiry everyone facturation facture feedback finance ftp gdpr hello help helpdesk hi hostmaster hr info infos
    information informations inquiries investors invoice invoices it jobs kontakt legal list mail mailerdaemon marketing
    media news newsletter nobody noc noreply office officemanager order orders partners paiement payroll post postmaster
    pr presse press privacy procurement purchasing recrutement reception registrar reservation reservations rgpd rh root
    sales sav secretariat security service serviceclient services support team tech usenet ventes webmaster welcome www
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
# Mailboxes that anybody may read or that are gone after some minutes: the providers that most lists name.
DISPOSABLE = frozenset(
    """
    0815.ru 10minutemail.com 10minutemail.net 20minutemail.com 33mail.com anonbox.net anonymbox.com armyspy.com
    burnermail.io byom.de cuvox.de dayrep.com deadaddress.com discard.email discardmail.com discardmail.de
    dispostable.com dropmail.me einrot.com emailfake.com emailondeck.com emailsensei.com emltmp.com fakeinbox.com
    fakemail.net fakemailgenerator.com filzmail.com fleckens.hu getairmail.com getnada.com grr.la guerrillamail.biz
    guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net guerrillamail.org guerrillamailblock.com
    gustr.com harakirimail.com inboxbear.com inboxkitten.com incognitomail.com incognitomail.org jetable.com
    jetable.fr.nf jetable.net jetable.org jourrapide.com kasmail.com mail-temp.com mailcatch.com maildrop.cc
    mailexpire.com mailforspam.com mailinator.com mailinator.net mailinator2.com mailme.lv mailmoat.com mailnesia.com
    mailnull.com mailpoof.com mailsac.com mailtemp.info mailtothis.com mintemail.com moakt.com moakt.cc mohmal.com
    mt2015.com mvrht.net mytemp.email mytrashmail.com nada.email nomail.xl.cx nospam.ze.tc objectmail.com one-time.email
    owlymail.com pokemail.net rhyta.com safetymail.info sharklasers.com smailpro.com spam.la spam4.me spamavert.com
    spambog.com spambog.de spambox.us spamex.com spamfree24.org spamgourmet.com spamspot.com superrito.com teleworm.us
    temp-mail.io temp-mail.org temp-mail.ru tempail.com tempinbox.com tempmail.com tempmail.de tempmail.dev
    tempmail.net tempmailo.com tempr.email throwawaymail.com tmail.ws tmailinator.com tmpmail.net tmpmail.org
    trash-mail.com
    trash-mail.de trashmail.com trashmail.de trashmail.me trashmail.net trashmail.ws trbvm.com wegwerfemail.de
    wegwerfmail.de wegwerfmail.net wegwerfmail.org yopmail.com yopmail.fr yopmail.net zetmail.com zzrgg.com
    """.split()  # noqa: SIM905
)
_FREE_OF_SIGNS = str.maketrans("", "", "-_.+0123456789")


def normalise(text: str) -> tuple[str, str]:
    """Return an address as it is kept, and its key; as `addresses.normalise` and `addresses.key`, ten times as fast.

    Raises:
        Invalid: no mail could ever reach it.
    """
    found = _PLAIN.fullmatch(text)
    if found is not None and len(text) <= _MAX_PLAIN:
        key = text.lower()
        if not key.endswith(_SPECIAL):
            # The domain is kept in small letters, the part before it as it was given.
            domain = found.start(1)
            return text[:domain] + key[domain:], key
    kept = addresses.normalise(text)
    return kept, addresses.key(kept)


def is_role(local: str) -> bool:
    """Whether the part of a key before its `@` names a task rather than a person."""
    return local in ROLES or local.partition("+")[0].translate(_FREE_OF_SIGNS) in ROLES


def is_disposable(domain: str) -> bool:
    """Whether a domain gives mailboxes to be thrown away, itself or as part of one that does."""
    while domain:
        if domain in DISPOSABLE:
            return True
        domain = domain.partition(".")[2]
    return False
