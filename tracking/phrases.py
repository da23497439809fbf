"""The words by which machines, and people who want to leave, are recognised. In the languages that we meet most."""

import re

_FLAGS = re.IGNORECASE

REPLY_SUBJECT = re.compile(r"\s*(re|aw|antw|sv|vs|ref|odp|ynt)\s*(\[\d+\])?\s*:", _FLAGS)

DAEMON_NAME = re.compile(
    r"mail delivery (sub)?system|mailer[- ]daemon|mail administrator|postmaster|delivery subsystem|"
    r"microsoft outlook$|"
    r"system administrator|mail deliver?y service",
    _FLAGS,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver(ed|able)|delivery (status notification|failure|has failed|report|notification|error|problem)|"
    r"(mail|message|e-?mail)[a-z ]{0,20}(delivery )?(failed|failure|error|undeliverable|returned|rejected|"
    r"not delivered)|"
    r"failure notice|returned (mail|to sender)|non.?delivery|nicht zugestellt|unzustellbar|zustellung|"
    r"non (remis|distribu|délivr|d.livr)|échec de|mail non|retour(ned)? mail|mensagem não|não entregue|no se (pudo|"
    r"puede) entregar|"
    r"no entregad|mancata consegna|onbestelbaar|niet (bezorgd|afgeleverd)|niedostarcz|недостав|不可达|退信|"
    r"配信不能|配送状态|"
    r"rejected:|could not (be )?(send|sent|deliver)|unable to deliver|delivery.{0,30}fail|fail(ed|ure).{0,20}deliver",
    _FLAGS,
)
BOUNCE_TEXT = re.compile(
    r"(could|can) ?not be delivered|(wasn't|was not|not been) delivered|delivery (to|failed|has failed)|"
    r"permanent(ly)? (error|fail|fatal)|"
    r"failed permanently|undeliverable|returned to sender|does not exist|user unknown|unknown user|no such user|"
    r"mailbox (is )?full|"
    r"over ?quota|address (was )?rejected|unrouteable|recipient rejected|konnte nicht zugestellt|n'a pas pu être|"
    r"no se ha podido entregar|"
    r"non è stato possibile|kon niet worden|unable to deliver|i'm afraid i wasn't able to deliver|"
    r"the following address",
    _FLAGS,
)
DELAY = re.compile(
    r"delayed|delivery (is )?(status notification \(delay\)|delay)|still being retried|still trying|"
    r"will (keep trying|be retried|continue to)|"
    r"(could|has) not (yet )?(be|been) delivered (yet|for|within)|temporarily (delayed|deferred)|warning: (message|"
    r"could not send)|"
    r"do not need to (resend|take)|no action is required|verzögert|retardé|retrasad|ritardat|vertraagd",
    _FLAGS,
)
COMPLAINT_SENDER = re.compile(
    r"^(staff@hotmail\.com|scomp@aol\.net|fbl@|feedbackloop@|feedback@arf\.|complaints?@email-abuse|"
    r"abuse-?reports?@)|"
    r"@(arf\.mail\.yahoo\.com|fbl\.|feedback\.)",
    _FLAGS,
)
COMPLAINT_SUBJECT = re.compile(
    r"(complaint|abuse|spam) (report|about (message|mail)|notification)|email feedback report|feedback loop|"
    r"customer complaint|"
    r"junk (mail )?report",
    _FLAGS,
)

AUTO_SUBJECT = re.compile(
    r"^\s*((re|aw|fw|tr|sv)\s*:\s*)?"
    r"(out[- ]of[- ](the[- ])?office|auto(matic(ally)?|mated)?[- ]?(reply|response|respond|answer|acknowledg)|"
    r"autoreply|autoresponse|"
    r"away from (the |my )?(office|desk|mail)|on (vacation|holiday|annual leave|leave|parental leave|"
    r"maternity leave)|vacation (reply|notice|message)|"
    r"i('m| am) (away|out|on|currently)|ooo\b|absence|absent|(message|réponse|reponse) (d'absence|automatique)|"
    r"en (congés?|vacances|déplacement)|"
    r"abwesenheit|abwesend|automatische (antwort|rückmeldung|mail|nachricht)|auto-?antwort|urlaub|nicht im (büro|"
    r"haus)|"
    r"respuesta automática|fuera de (la )?oficina|ausencia|ausente|de vacaciones|risposta automatica|fuori (sede|"
    r"ufficio)|assenza|assente|"
    r"resposta automática|fora do escritório|ausência|férias|afwezig|automatisch antwoord|autosvar|automatiskt svar|"
    r"frånvaro|fravær|"
    r"poissaolo|automaattinen vastaus|odpowiedź automatyczna|autoodpowiedź|nieobecno|automatická odpověď|"
    r"automatikus válasz|"
    r"автоответ|автоматический ответ|отсутств|自動返信|自动回复|自動回覆|자동 ?회신|부재)|"
    r"\b(out of (the )?office|automatic reply|auto[- ]?reply|autoreply|abwesenheitsnotiz|réponse automatique|"
    r"respuesta automática|"
    r"risposta automatica|resposta automática)\b|"
    r"\[(ticket|case|request|sr)[ #:][^\]]{0,40}\].{0,40}(received|opened|created)|(we|"
    r"has been) (have )?received your (e-?mail|message|request)|"
    r"(thank you|thanks) for (contacting|your (e-?mail|message|inquiry|enquiry))",
    _FLAGS,
)
AUTO_TEXT = re.compile(
    r"(i('m| am| will be|'ll be) (currently |now )?(out of (the )?office|away (from (the |my )?(office|desk|e-?mail)|"
    r"until|on)|on (annual |parental |"
    r"maternity |paternity |sick )?(leave|vacation|holidays?)\b)|i am out of (the )?office|this is an auto(matic|"
    r"mated)|automatic(ally)? (generated|reply)|"
    r"with (no|limited|intermittent) access to (my )?e-?mails?|limited access to (my )?e-?mails?|"
    r"je suis (actuellement )?(absent|en (congés?|vacances|déplacement)|hors)|de retour le|en mon absence|"
    r"ceci est (une réponse|un message) automatique|"
    r"ich bin (derzeit|zurzeit|momentan|bis|vom|ab|aktuell)?[^\n]{0,60}(nicht (im büro|erreichbar|im haus)|abwesend|"
    r"im urlaub|außer haus)|"
    r"estoy (actualmente )?(fuera|de vacaciones|ausente)|estaré (fuera|ausente|de vacaciones)|"
    r"sono (attualmente )?(assente|fuori|in ferie)|"
    r"sarò (assente|fuori)|estou (atualmente )?(ausente|de férias|fora)|ik ben (momenteel |op dit moment )?(afwezig|"
    r"niet aanwezig|met vakantie|op vakantie)|"
    r"jestem (obecnie )?nieobecn|jag är (för närvarande )?(bortrest|på semester|ledig))",
    _FLAGS,
)

# What people add who set up such an answer: for how long, and whom to ask meanwhile.
AUTO_TEXT_TOO = re.compile(
    r"\b(until|till|through|return(ing)?|back (on|in|at)|limited access|no access|urgent|in my absence|as soon as|"
    r"jusqu|de retour|retour|urgence|absence|bis|zurück|dringend|vertretung|hasta|regres|urgente|fino a|rientr|até|"
    r"volt|tot|terug|do dnia|tills)",
    _FLAGS,
)

# A reply that says nothing else.
_LEAVE = (
    r"stop|stop (it|e?-?mail(ing|s)?|sending|writing|contacting)( me| this| these)?( e?-?mails?| mails?)?|"
    r"un ?subscri(be|ption)( me)?|"
    r"(please )?(remove|delete|take) me( off| from)?( (your|this|the))?( (mailing )?list| database)?|remove|"
    r"opt[- ]?(me )?out|no more (e?-?)mails?|"
    r"do not (contact|email|e-mail|write( to)?) me( again| any ?more)?|don't (contact|email|e-mail|"
    r"write( to)?) me( again| any ?more)?|"
    r"(me )?d[ée]s(in)?scri(re|vez|ption)([- ]moi)?|(me )?d[ée]sabonn(er|ez|ement)([- ]moi)?|se d[ée]sinscrire|"
    r"se d[ée]sabonner|retirez[- ]moi( de votre liste)?|"
    r"ne (me|m') ?(contactez|écrivez|ecrivez) plus|plus de mails?|abmelden|abbestellen|austragen|"
    r"keine (e-?)?mails? mehr|"
    r"(dar(me)? de )?baja|cancelar( suscripción)?|desuscribir(me)?|cancell?ami|disiscri(vi|zione)|annulla iscrizione|"
    r"descadastrar|remover|uitschrijven|afmelden|avregistrera|wypisz|rezygnuję|отписаться|отпишите|стоп"
)
LEAVE = re.compile(
    rf"\W*((hi|hello|bonjour|hallo)\W+)?(please\W+|svp\W+|merci de\W+|bitte\W+)?({_LEAVE})"
    r"(\W+(please|svp|s'il vous pla[iî]t|bitte|thanks?( you)?|merci|danke|gracias))?\W*",
    _FLAGS,
)
# A mail to the address of a `List-Unsubscribe` header.
LEAVE_SUBJECT = re.compile(r"\s*(unsubscribe|désinscri(re|ption)|désabonne(r|ment)|abmelden)\b", _FLAGS)
