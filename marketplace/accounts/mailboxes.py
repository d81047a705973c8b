"""The domains where anybody opens a mailbox or a page: they say nothing of who one is. Pure.

Ours, from what access providers and mail services of French-speaking countries say of
themselves, and from the names of throw-away mailboxes that are met most. Such mailboxes open
and close every day: no list holds them all, and nothing is refused for being on this one.
"""

ANYWHERE = frozenset(
    {
        "aol",
        "gmx",
        "hotmail",
        "live",
        "outlook",
        "yahoo",
        "yandex",
        "ymail",
        "protonmail",
        "rocketmail",
    }
)
"""Mail services that hold their name in every country: yahoo.fr, yahoo.ca, yahoo.co.uk."""

LONGEST_ENDING = len("com.br")
"""yahoo.com.br is Yahoo's; yahoo.besancon.fr is somebody's own."""

ANYBODYS = frozenset(
    """
    10minutemail.com 10minutemail.fr 10minutemail.net 126.com 163.com 20minutemail.com
    33mail.com 9business.fr 9online.com 9online.fr addy.io aim.com airmail.cc alice.it
    aliceadsl.fr anonaddy.com anonaddy.me anonbox.net arcor.de att.net autistiche.org
    autistici.org base.be bbox.fr belgacom.net bell.net bellsouth.net bk.ru blogspot.com
    bluemail.ch bluewin.ch bouygtel.fr bouyguestelecom.fr brutele.be btinternet.com
    burnermail.io business.site byom.de calixo.net canalblog.com canl.nc caramail.com
    caramail.fr cegetel.net chello.fr citycable.ch club-internet.fr cock.li comcast.net
    consultant.com cool.fr.nf courriel.fr.nf crazymailing.com criptext.com ctemplar.com
    dartybox.com daum.net discard.email discardmail.com dispostable.com disroot.org duck.com
    e-monsite.com e.email easytrashmail.com ecomail.fr ecosia.org einrot.com email.com email.it
    emailfake.com emailondeck.com engineer.com erine.email estvideo.fr etik.com europe.com
    evc.net evhr.net facebook.com fakeinbox.com fakemailgenerator.com fastmail.com fastmail.fm
    framasoft.org francite.com free.com free.fr freenet.de freesbee.fr gandi.net getairmail.com
    getnada.com github.io gmail.com gmail.fr google.com googlemail.com grr.la guerrillamail.biz
    guerrillamail.com guerrillamail.net guerrillamail.org guerrillamailblock.com haltospam.com
    harakirimail.com helloasso.com herbesfolles.org hey.com hispeed.ch hushmail.com icloud.com
    ifrance.com ik.me ikmail.com immerda.ch inbox.com inbox.lv inbox.ru inboxkitten.com
    infomaniak.com infonie.fr instagram.com interia.pl internet.lu inventati.org inwind.it
    izi.re jetable.com jetable.fr.nf jetable.net jetable.org jimdo.com k-net.fr kasmail.com
    keemail.me kolabnow.com lagoon.nc lapet.fr laposte.net lavabit.com
    libero.it libertysurf.fr lilo.org linkedin.com linktr.ee linshiyouxiang.net list.ru
    luxweb.lu lycos.fr mac.com mageos.com mail.com mail.fr mail.pf mail.ru mail7.io mailbox.org
    mailcatch.com maildrop.cc mailexpire.com mailfence.com mailfence.org mailinator.com
    mailinator.net mailnesia.com mailnull.com mailo.com mailoo.org mailsac.com mailtemp.info
    me.com mediaserv.net mega.zik.dj mintemail.com minutemail.com mls.nc moakt.com modulonet.fr
    mohmal.com moncourrier.fr.nf monemail.fr.nf monmail.fr.nf mozmail.com msn.com muellmail.com
    multimania.com murena.io mytemp.email nada.email naver.com nerim.fr nerim.net net-c.com
    net-c.fr netc.eu netc.fr netc.pl netcmail.com netcourrier.com netplus.ch neuf.fr no-log.org
    nomail.xl.cx noos.fr nordnet.fr nospam.ze.tc notion.site ntlworld.com numericable.com
    numericable.fr o2.pl onet.pl online.fr orange.com orange.fr orange.nc orange.re
    oreka.com over-blog.com ovh.fr ovh.net pagesjaunes.fr pagesperso-orange.fr pandora.be
    passmail.net passport.com pm.me pokemail.net post.com posteo.de posteo.eu posteo.net
    privaterelay.appleid.com proton.ch proton.me proximus.be pt.lu qq.com rambler.ru red-sfr.fr
    rediffmail.com riseup.net romandie.com runbox.com sapo.pt sbcglobal.net scarlet.be seznam.cz
    sfr.com sfr.fr sfr.net sharklasers.com simplelogin.com site123.me sites.google.com sky.com
     skynet.be skynet.com sosh.fr spam4.me spambox.us spamgourmet.com speed.1s.fr
    spoofmail.de squarespace.com startmail.com sunrise.ch sympatico.ca
    systemli.org t-online.de talktalk.net tele2.fr telefonica.net telenet.be temp-mail.com
    temp-mail.io temp-mail.org tempail.com tempmail.com tempmail.io tempmail.net tempmailo.com
    tempr.email terra.es throwawaymail.com tin.it tiscali.fr tiscali.it tlen.pl tmail.ws
    tmpmail.net tmpmail.org toile-libre.org trash-mail.com trashmail.com trashmail.de
    trashmail.fr trashmail.net tuta.com tuta.io tutamail.com tutanota.com tutanota.de
    tutanota.org twitter.com usa.com verizon.net videotron.ca virgilio.it virginmedia.com vo.lu
    voila.fr voo.be wanadoo.com wanadoo.fr wanadoo.nc web.de webnode.fr webself.net weebly.com
    wegwerfemail.de wegwerfmail.de wibox.fr windowslive.com wixsite.com wordpress.com
    worldonline.fr wp.pl x.com yopmail.com yopmail.fr yopmail.net youtube.com zaclys.com
    zaclys.net zoho.com zoho.eu zohomail.com zohomail.eu
    """.split()
)


def is_anybodys(domain: str) -> bool:
    """Whether a domain, in lower case, says nothing of who writes from it."""
    first, _, rest = domain.partition(".")
    return domain in ANYBODYS or (first in ANYWHERE and 0 < len(rest) <= LONGEST_ENDING)
