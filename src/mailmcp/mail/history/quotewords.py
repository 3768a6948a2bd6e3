"""Words that mail programs write round quoted history, in many languages.

Notation: entries are parted by blanks, ``_`` is a blank; what follows ``#`` is a comment. Accents and case do not
matter, since lists and text are folded in the same way.
"""

from __future__ import annotations

# Somebody wrote: the verb of an attribution.
WROTE = """
# English, German, Dutch, Afrikaans, Frisian
wrote writes schrieb schrieben geschrieben schreibt schreef geschreven geskryf skryf skreau
# Scandinavia, Finland, Iceland, Faroes
skrev skriver skreiv kirjoitti kirjoitit kirjoittaa skrifadi ritadi skrivadi
# Romance languages
a_ecrit ecrit ecrivait escribio escribiste escribe ha_escrito escreveu escreveste escreve ha_scritto hai_scritto
scrive va_escriure ha_escrit escribiu
a_scris scris scria a_scrit a_escrich escriguet ha_scrit
# Celtic languages, Basque, Maltese, Albanian, Esperanto, Interlingua
scriobh sgriobh ysgrifennodd skrivet idatzi_du idatzi_zuen idatzita kiteb skribis scribeva yura shkroi ka_shkruar
# Slavic languages, Latin letters
napisal napisal(a) napisal/a napisala napisano napisana pisze napsal napsal(a) napsala pise napise je_napisal
je_napisala je_napisao sporoca napisa napisao napisao/la napisao/napisala
# Slavic languages, Cyrillic letters
написал написала написали писали написал(а) пишет писал написав написала написав(-ла) пише писав писала написа напиша
је_написао
је_написао/ла написао написао/ла напісаў напісаў(-ла) піша
# Baltic languages, Estonian, Hungarian
rase parase rakstija raksta kirjutas kirjutab irta_(idopont irta irtad ezt_irta
# Greek, Turkish and kin
εγραψε γραφει yazdi yazdiniz sunu_yazdi sunlari_yazdi yazmis yazib жазды жазған yozdi yozgan бичсэн язган язды навишт
nivisi
يازدى
# Indonesia, Philippines, Africa
menulis membalas tulis sumulat isinulat aliandika ameandika anaandika ubhale wabhala ya_rubuta
# Vietnamese
da_viet viet
# Armenian, Georgian
գրել_է գրեց գրել დაწერა დაწერა წერს
# Hebrew, Arabic, Persian, Urdu
כתב כתבה כתב/ה כותב כתב/כתבה נכתב_על_ידי كتب كتبت كتب/ت تمت_كتابة نوشت نوشته_است نے_لکھا لکھا
# Ethiopic
ጽፏል ጽፈዋል
# India, Nepal, Sri Lanka
ने_लिखा लिखा ने_लिहिले लिहिले लेख्नुभयो লিখেছেন লিখেছে লিখেছিলেন ਨੇ_ਲਿਖਿਆ ਲਿਖਿਆ એ_લખ્યું લખ્યું எழுதியது
எழுதினார் వ్రాశారు రాశారు ಬರೆದಿದ್ದಾರೆ ಬರೆದರು എഴുതി ලිව්වේය ලියා_ඇත
# Thailand, Laos, Cambodia, Myanmar
เขียนว่า เขียน ຂຽນວ່າ ຂຽນ បានសរសេរ သည်_ရေးခဲ့သည် ရေးခဲ့
# China, Japan, Korea
写道 寫道 写到 寫到 撰写 撰寫 のメール さんは書きました 書きました は書きました さんが書いた
님이_작성 님이_씀 쓴_글 작성
"""

# What an attribution begins with when it does not begin with a date.
OPENERS = """
on at am le el il em in_data_de in op den d. þann pa w_dniu dnia dne dna dana u na v la ngay pada
pada_tanggal vao vao_luc vao_ngay στις την στο на у в во el_dia o_dia no_dia ddydd kuupaev a_data_di in_data
il_giorno ar noong mnamo ngo 在 于 於 בתאריך في بتاريخ در در_تاريخ ในวันที่ เมื่อ ເມື່ອ missatge_de
wiadomosc_napisana_przez dj. hau zitat_von quoting citando citat citant citerar citation_de
citation selon lainaus ezt data ar
"""

# Attributions that name no verb: "Quoting Ann <ann@…>:".
CITED = """
zitat_von quoting citando citando_a citat_fran citat_fra citation_de lainaus estase_citando παραθετοντας_απο نقل_قول
cytowanie citat_od missatge_de
"""

# Field names of the header block that stands over an answered or forwarded mail.
FROM = """
from von de da van fra fran lahettaja od felado kimden gonderen de_la dela от від від из από apo od_koho
odosielatel odesilatel saatja no nuo siuntejas sutitajs nuo_ko nga oddawca nadawca posiljatelj
sender absender expediteur remitente remetente mittente afzender avsandare afsender avsender nork igorlea
发件人 寄件者 寄件人 差出人 送信者 보낸사람 보낸_사람 발신자 من از מאת tu nguoi_gui dari daripada pengirim mula_kay
kutoka fan salje шаље გამგზავნი จาก ผู้ส่ง प्रेषक থেকে প্রেরক அனுப்புநர் از_طرف فرستنده المرسل от_кого од пошиљалац
подател
подавач ад кімнен кимден хэнээс ում_կողմից გამომგზავნი kimdan
నుండి منجانب oddi_wrth o
"""
SENT = """
sent gesendet verzonden envoye envoye_le enviado enviada enviado_em enviada_em enviado_el enviat enviat_el
inviato skickat sendt
lahetetty wyslano wyslane odeslano odoslane отправлено надіслано изпратено пратено послато послано poslano gonderildi
gonderilme_tarihi gonderme_tarihi elkuldve kuldve trimis trimis_la σταλθηκε εσταλη saadetud
saatmisaeg αποστολη issiusta issiuntimo_laikas nosutits sent_on sendt_den da_gui dikirim dihantar ipinadala
发送时间 傳送時間
寄件日期 送信日時 送信日 보낸_날짜 보낸날짜 전송됨 تم_الإرسال تاريخ_الإرسال تاریخ_ارسال تم_الارسال ارسال_شده
נשלח ส่งเมื่อ
испратено derguar anfonwyd পাঠানো_হয়েছে ارسال‌شده
ส่ง भेजा_गया भेजा প্রেরিত அனுப்பியது bidalia bidalita gesendet_am versendet message_du envoi imetumwa gestuur sendur
жіберілді илгээсэн ուղարկված გაგზავნილია
"""
DATE = """
date datum data fecha dato paivamaara paivays data_ora дата ημερομηνια tarih datums kuupaev
kelt idopont ngay tanggal tarikh petsa 日期 时间 時間 日付 日時 날짜 일시 التاريخ تاريخ تاریخ תאריך วันที่ दिनांक
तारीख
তারিখ தேதி данные датум огноо күні ամսաթիվ თარიღი dagsetning tarehe dyddiad date_d'envoi
tarix తేదీ
"""
TO = """
to an à a para aan till til vastaanottaja kenelle saaja do komu pre кому до на_кого за към до: kime alici cimzett
către catre προς pros za prejemnik primatelj prima kam gavejas adressaat adresats kellele
destinataire destinatario ontvanger mottagare modtager mottaker empfanger ke kepada den den_ai toi
nguoi_nhan para_kay kwa ถึง ผู้รับ प्रति প্রাপক প্রতি பெறுநர் 收件人 收件者 宛先 받는사람 받는_사람 수신자 إلى الى به
گیرنده אל לכבוד nori per per_a каму кімге хэнд ում ვის vidtakandi
కు بنام chuig oan ადრესატი
"""
CC = """
cc kopie copie copie_a copia kopi kopia kopio kopija masolatot_kap masolat копия копія копие bilgi κοιν
κοινοποιηση 抄送 副本 참조 نسخة رونوشت עותק dw koopia afrit bcc cci cco ukryta สำเนา salinan
"""
SUBJECT = """
subject betreff betr objet sujet asunto assunto oggetto onderwerp amne emne aihe temat predmet тема θεμα konu
targy subiect zadeva naslov teema tema temats gaia gai assumpte efni chu_de tieu_de subjek perihal
perkara paksa mada เรื่อง หัวเรื่อง विषय বিষয় விஷயம் பொருள் 主题 主題 主旨 标题 件名 제목 الموضوع موضوع נושא
наслов предмет относно тэма тақырып гарчиг թեմա თემა mowzu movzu underwerp suggett pwnc abhar
subjekti విషయం
"""
OTHER = """
reply-to reply_to antwort_an repondre_a responder_a importance priority prioritat wichtigkeit importancia priorite
importanza attachments attachment anlagen anhange pieces_jointes allegati bijlagen bilagor bijlage adjuntos anexos
zalaczniki вложения 附件 添付ファイル 첨부파일 on_behalf_of organization mailed-by signed-by newsgroups message-id
sensitivity
"""

# The original message: what stands between dashes over an answered mail.
ORIGINAL = """
original_message original_appointment reply_message original_e-mail original_email original_mail original
ursprungliche_nachricht originalnachricht ursprungliche_mail original-nachricht ursprungliche_e-mail
message_d'origine message_original message_initial courriel_original mensaje_original mensagem_original
messaggio_originale messaggio_original oorspronkelijk_bericht origineel_bericht originele_bericht
originalmeddelande ursprungligt_meddelande oprindelig_meddelelse oprindelig_besked original_besked oprindelig_e-mail
opprinnelig_melding original_melding opprinnelig_e-post opphavleg_melding alkuperainen_viesti upprunaleg_skilabod
wiadomosc_oryginalna oryginalna_wiadomosc puvodni_zprava povodna_sprava puvodni_e-mail исходное_сообщение
оригинальное_сообщение первоначальное_сообщение первичное_сообщение початкове_повідомлення оригінальне_повідомлення
арыгінальнае_паведамленне ozgun_ileti orijinal_mesaj ilk_mesaj orijinal_ileti eredeti_uzenet eredeti_level
mesaj_original mesajul_original αρχικο_μηνυμα оригинално_съобщение оригинална_порака izvorna_poruka originalna_poruka
изворна_порука оригинална_порука izvirno_sporocilo izvirnik algne_kiri algne_sonum originalus_laiskas
pradinis_laiskas sakotnejais_zinojums originala_zina missatge_original jatorrizko_mezua mensaxe_orixinal
原始邮件 原始郵件 原邮件 原文 回复的原邮件 replied_message 元のメッセージ 元のメール 원본_메일 원본_메시지
원본메일 원본_이메일 الرسالة_الأصلية
الرسالة_الاصلية پیام_اصلی הודעה_מקורית thu_goc tin_nhan_goc pesan_asli mesej_asal orihinal_na_mensahe
ข้อความต้นฉบับ ข้อความดั้งเดิม मूल_संदेश মূল_বার্তা அசல்_செய்தி oorspronklike_boodskap ujumbe_asili
"""

# What stands over a mail that is passed on.
FORWARDED = """
forwarded_message begin_forwarded_message forwarded_by start_of_forwarded_message forwarded_mail forwarded_email
weitergeleitete_nachricht anfang_der_weitergeleiteten_nachricht anfang_der_weitergeleiteten_e-mail
weitergeleitete_mail message_transfere message_transmis debut_du_message_reexpedie debut_du_message_transfere
mensaje_reenviado inicio_del_mensaje_reenviado mensagem_encaminhada mensagem_reencaminhada
inicio_da_mensagem_encaminhada inicio_da_mensagem_reencaminhada messaggio_inoltrato inizio_messaggio_inoltrato
inizio_del_messaggio_inoltrato doorgestuurd_bericht begin_doorgestuurd_bericht
vidarebefordrat_meddelande vidarebefordrat_brev borjan_pa_vidarebefordrat_meddelande videresendt_meddelelse
videresendt_melding videresendt_besked start_pa_videresendt_besked begynnelse_pa_videresendt_melding valitetty_viesti
valitetyn_viestin_alku framsent_skilabod przekazana_wiadomosc wiadomosc_przekazana poczatek_przekazywanej_wiadomosci
preposlana_zprava zacatek_preposilane_zpravy preposlana_sprava zaciatok_preposlanej_spravy пересылаемое_сообщение
пересланное_сообщение начало_переадресованного_сообщения переслане_повідомлення перенаправлене_повідомлення
початок_листа,_що_пересилається препратено_съобщение начало_на_препратеното_съобщение iletilen_ileti iletilmis_ileti
yonlendirilen_mesaj tovabbitott_uzenet tovabbitott_level mesaj_redirectionat mesaj_transmis
inceputul_mesajului_redirectionat προωθημενο_μηνυμα προωθουμενο_μηνυμα αρχη_προωθημενου_μηνυματος
proslijedena_poruka prosledena_poruka прослеђена_порука posredovano_sporocilo edastatud_kiri edastatud_sonum
persiustas_laiskas persiunciamas_laiskas parsutita_zina parsutits_zinojums missatge_reenviat birbidalitako_mezua
mensaxe_reenviada 転送メッセージ 転送されたメッセージ 転送 전달된_메일 전달된_메시지 转发的邮件 转发邮件信息
转发邮件 被转发邮件
轉寄的郵件 轉寄郵件 転送されたメール 已轉寄的郵件 رسالة_محولة رسالة_معاد_توجيهها پیام_هدایت‌شده پیام_بازارسالی
הודעה_שהועברה
thu_da_chuyen_tiep thu_da_chuyen tin_nhan_duoc_chuyen_tiep pesan_terusan pesan_yang_diteruskan
mesej_yang_dimajukan mesej_dipanjangkan na-forward_na_mensahe ข้อความที่ส่งต่อ अग्रेषित_संदेश फॉरवर्ड_किया_गया_संदेश
ফরওয়ার্ড_করা_বার্তা aangestuurde_boodskap
"""

# A request that tickets and forums put over their history; between rules, whatever it asks for.
REPLY_ABOVE = """
reply_above_this_line reply_above_the_line type_your_reply_above_this_line please_type_your_reply_above_this_line
write_above_this_line please_reply_above_this_line reply_only_above_this_line antworten_sie_oberhalb_dieser_linie
bitte_antworten_sie_oberhalb_dieser_linie antwort_oberhalb_dieser_zeile repondez_au-dessus_de_cette_ligne
ecrivez_au-dessus_de_cette_ligne responda_por_encima_de_esta_linea escriba_su_respuesta_por_encima_de_esta_linea
responda_acima_desta_linha rispondi_sopra_questa_riga antwoord_boven_deze_regel svara_ovanfor_den_har_raden
svar_over_denne_linje напишите_ответ_выше_этой_строки ответьте_выше_этой_строки
"""
ABOVE = """
above_this_line above_the_line oberhalb_dieser_linie oberhalb_dieser_zeile uber_dieser_linie uber_dieser_zeile
au-dessus_de_cette_ligne encima_de_esta_linea acima_desta_linha acima_dessa_linha sopra_questa_riga
sopra_questa_linea boven_deze_regel boven_deze_lijn ovanfor_den_har_raden ovanfor_denna_rad over_denne_linje
over_denne_linjen taman_rivin_ylapuolelle powyzej_tego_wiersza powyzej_tej_linii nad_tento_radek nad_tento_riadok
выше_этой_строки выше_этой_линии выше_этой_черты вище_цього_рядка bu_satirin_uzerine bu_satirin_ustune
e_sor_fole_irja deasupra_acestei_linii πανω_απο_αυτη_τη_γραμμη この行より上 この線より上 이_줄_위에 此行上方
此行以上 此行之上
เหนือบรรทัดนี้ di_atas_baris_ini phia_tren_dong_nay
"""


# How programs of telephones sign.
SENT_FROM = """
sent_from sent_with sent_via sent_on_my sent_using get_outlook_for get_bluemail_for
gesendet_mit gesendet_von gesendet_aus von_meinem telefonumdan_gonderildi
von_unterwegs diese_nachricht_wurde_von_meinem_android diese_nachricht_wurde_mit diese_e-mail_wurde_mit envoye_de_mon
envoye_depuis
envoye_avec envoye_a_partir_de telechargez_outlook_pour telecharger_outlook_pour obtenir_outlook_pour enviado_desde
enviado_do enviado_a_partir_do
enviado_con enviado_com enviado_via enviado_de_mi obtener_outlook_para obter_o_outlook_para inviato_da inviato_dal
inviato_con scarica_outlook_per ottieni_outlook_per verzonden_met verzonden_vanaf verstuurd_vanaf verstuurd_met
outlook_voor skickat_fran hamta_outlook_for sendt_fra hent_outlook_for sendt_via skaffa_outlook_for
lahetetty_iphonesta lahetetty_ipadista lahetetty_puhelimesta lahetetty_samsung lahetetty_outlookista hanki_outlook
sent_ur wyslane_z wyslano_z pobierz_program_outlook odeslano_z odoslane_z отправлено_с отправлено_из
отправлено_через надіслано_з відправлено_з изпратено_от poslano_z poslano_s poslano_sa poslato_sa послато_са
iphone'umdan_gonderildi iphone'dan_gonderildi ipad'imden_gonderildi samsung_galaxy_telefonumdan
elkuldve_iphone-rol az_iphone-omrol_kuldve iphone-omrol_kuldve az_en_iphone-omrol_kuldve trimis_de_pe trimis_din
σταλθηκε_απο εσταλη_απο saadetud_minu issiusta_is nosutits_no enviat_des_de enviat_des_del nire_iphonetik
签名由 从我的 发自我的 發自我的 来自我的 发送自 傳送自 從我的 iphoneから送信 iphone_から送信 ipadから送信
androidから送信
나의_iphone에서_보냄 내_iphone에서_보냄 iphone에서_보냄 나의_ipad에서_보냄 내_갤럭시 삼성 أرسلت_من أرسل_من مرسل_من
تم_الإرسال_من ارسال_شده_از ارسال_از נשלח_מה נשלח_מ da_gui_tu duoc_gui_tu gui_tu_iphone dikirim_dari dihantar_dari
ส่งจาก_iphone ส่งจาก मेरे_iphone_से_भेजा_गया आईफोन_से_भेजा ipinadala_mula_sa imetumwa_kutoka gestuur_vanaf
verzonden_vanuit skickades_fran lahetetty αποστολη_απο poslano_iz envoye_a_partir_d' provenance 从_windows 從_windows
发自 發自
"""
# The same where the verb stands at the end, behind the name of the device.
SENT_AT_END = """
から送信 から送信しました outlook_を入手 에서_보냄 에서_보냈습니다 dan_gonderildi den_gonderildi tan_gonderildi
ten_gonderildi
ile_gonderildi outlook'u_edinin rol_kuldve से_भेजा_गया
"""

# Mailing lists at the end of what they pass on.
LIST_FOOTER = """
mailman/listinfo listinfo/ groups.io google_groups you_received_this_message_because
you_are_receiving_this_because unsubscribe_from_this_group reply_to_this_email_directly to_unsubscribe_from
to_post_to_this_group +unsubscribe@ -unsubscribe@ -leave@ -request@ sigrequest/
majordomo@
"""
# The same by a word that people use, too.
LIST_NAMED = """
mailing_list mailingliste mailing-liste mailinglijst liste_de_diffusion lista_de_correo lista_de_discussao
mailinglista lista_di_distribuzione postilista lista_wysylkowa список_рассылки 邮件列表 メーリングリスト
"""

# Small print: a word for the mail …
THIS_MAIL = """
this_e-mail this_email this_message this_communication this_transmission e-mail_and_any the_information_contained
the_contents_of_this the_information_in_this diese_e-mail diese_nachricht diese_mail dieser_e-mail ce_message
ce_courriel ce_courrier cet_e-mail les_informations_contenues este_mensaje este_correo esta_mensagem este_e-mail
questo_messaggio questa_e-mail le_informazioni_contenute dit_bericht deze_e-mail detta_meddelande denna_e-post
denne_e-mail denne_e-post denne_meddelelse tama_viesti tama_sahkoposti ta_wiadomosc niniejsza_wiadomosc tato_zprava
tento_e-mail настоящее_сообщение данное_сообщение это_сообщение bu_e-posta bu_mesaj ez_az_e-mail ez_az_uzenet
acest_mesaj acest_e-mail
це_повідомлення цей_лист това_съобщение ova_poruka ovaj_e-mail ta_sporocilo to_sporocilo tato_sprava denne_e-posten
denne_meldingen email_ini e-mel_ini pesan_ini surel_ini thu_dien_tu_nay thu_nay email_nay aquest_missatge aquest_correu
הודעה_זו מסר_זה هذه_الرسالة هذا_البريد این_ایمیل این_پیام อีเมลฉบับนี้ อีเมลนี้ このメール 此邮件 此郵件 本郵件 본_메일
αυτο_το_μηνυμα 本邮件 本メール 本電子メール 이_메일은 confidentiality_notice legal_disclaimer disclaimer
"""
# … what it says of it …
CONFIDENTIAL = """
confidential confidentiality privileged intended_recipient intended_solely intended_only not_the_intended
vertraulich vertrauliche nicht_der_richtige_adressat confidentiel confidentielle confidentielles confidencial
confidenciales riservate riservato riservata confidenziale confidenziali vertrouwelijk
vertrouwelijke konfidentiell konfidentiellt sekretess fortrolig fortrolige luottamuksellinen poufne poufna duverne
duverny конфиденциальн конфиденциальную конфиденциальной конфиденциальна gizli gizlidir bizalmas confidential
конфіденційн поверителн povjerljiv zaupn konfidensiel doverne rahasia bao_mat bi_mat סודי חסוי سرية سري محرمانه ความลับ
εμπιστευτικ 机密 保密 機密 기밀
"""

# … and for whom it is, or that it may have been sent by mistake; all three in one paragraph at the end make one.
ADDRESSEE = """
intended_recipient intended_for intended_solely intended_only not_the_intended addressee in_error by_mistake
solely_for privileged adressat empfanger irrtumlich destinataire destinatari par_erreur por_error por_engano
per_errore per_error geadresseerd ten_onrechte per_abuis ontvanger mottagare av_misstag mottaker ved_en_feil
modtager ved_en_fejl vastaanottaja vahingossa erehdyks adresat odbiorc pomylk omylem prijemc prijemcu адресат
получател по_ошибке ошибочно помилк одержувач отримувач по_погрешка primatelj primalac primaoc greskom pogreskom
prejemnik pomoto alici yanlislikla cimzett teved destinatar greseala παραληπτ λαθος נמען בטעות المرسل_إليه خطأ
مستلم گیرنده اشتباه penerima tersilap nguoi_nhan nham ผู้รับ ผิดพลาด 宛先 誤って 誤送信 受信者 收件人 收件者
误收 誤收 误发 仅限 僅限 수신자 수신인 잘못
"""

# Words for oneself, and for somebody one knows well: no lawyer's, and no other language's small words.
PERSONAL = """
me my i'm i_am i_have i_hope i_sent ich mir mich dir dich jij mij jag jeg dig deg yo te_lo te_la j'ai je_l'ai je_t'ai
moi toi ti_ho l'ho eu_te minä sinulle sinut wysłałem wysłałam я мне тебе тебя мені тобі 私が 僕
"""

# A request to spare paper: the environment, printing, and a mail.
ENVIRONMENT = """
environment umwelt environnement ambiente medioambiente medi_ambient milieu srodowisk miljo ymparisto prostredi
окружающ природ довкілл околна_среда okolis okolj cevre kornyezet mediul περιβαλλον סביבה البيئة محیط_زیست 環境 环境
환경 moi_truong lingkungan alam_sekitar
"""
PRINT = """
print druck imprim stampa afdruk skriver_ut skriva_ut skriv_ut utskrift udskriv tulost wydruk drukow tisk печат друк
ispis natisn yazdir nyomtat tipari listati εκτυπ הדפס طباعة چاپ 印刷 打印 列印 인쇄 in_email cetak
"""
A_MAIL = """
mail message mensaje mensagem correo messaggio nachricht bericht besked melding meddel viesti wiadomosc zprav sprav
письм сообщ лист повідом съобщ posta ileti uzenet level mesaj missatge correu poruk sporocil μηνυμα メール 邮件 郵件
메일 رسالة بريد הודעה courriel pesan surel
"""

# The subject of a mail that is passed on.
FORWARD_SUBJECTS = """
fw fwd wg tr rv enc i vb doorst fs pd пер ilt 转发 轉寄 転送 전달 tov prep πρθ إعادة_توجيه הועבר vl vidb trans
redir
"""

# Where somebody says that answers stand in what is answered …
BELOW = """
below inline in_line in_between underneath unten darunter dazwischen im_text ci_dessous en_dessous dans_le_texte abajo
a_continuacion en_el_texto abaixo a_seguir no_texto sotto di_seguito nel_testo hieronder onderstaand in_de_tekst nedan
i_texten nedenfor i_teksten alempana tekstissa ponizej w_tekscie nize v_textu nizsie asagida metin_icinde alabb lentebb
mai_jos παρακατω κατωτερω ниже нижче в_тексте у_тексті по_долу ispod spodaj zemiau zemak allpool למטה בגוף_המייל أدناه
ادناه در_زیر در_پایین duoi_day ben_duoi di_bawah ด้านล่าง ข้างล่าง 如下 下面 见下 見下 文中 正文 下記 本文中 아래 본문
"""
# … and in which colour.
RED = """
red rot roter rouge rojo rosso rood vermelho röd_text rött rødt rauðu punaisella czerwono czerwonym cervene cervenou
kirmizi
piros pirossal rosu κοκκινο κοκκινα красным червоним червено crveno crvenom rdece merah mau_do אדום באדום أحمر بالأحمر
باللون_الأحمر قرمز สีแดง 红 紅 赤 빨간 붉은
"""
BLUE = """
blue blau blauer bleu azul blu azzurro blauw blå blått blåt sinisella niebiesko niebieskim modre modrou modro mavi kek
kekkel albastru μπλε синим синьо plavo plavom biru כחול בכחול أزرق بالأزرق باللون_الأزرق آبی สีน้ำเงิน 蓝 藍 青 파란
"""
GREEN = """
green grün grüner vert verde groen grön grönt grønt grønn vihreällä zielono zielonym zelene zelenou zeleno zelenom yesil
zold zolddel πρασινο πρασινα зеленым зеленим зелено hijau ירוק בירוק أخضر بالأخضر باللون_الأخضر سبز สีเขียว 绿 綠 緑 초록
"""
PURPLE = """
purple violet lila violett viola roxo paars pink magenta fioletowo fioletowym fialove mor ljubicasto фиолетовым
фіолетовим ungu 紫 보라
"""
ORANGE = """
orange naranja arancione laranja oranje oranssilla pomaranczowo pomaranczowym oranzove turuncu оранжевым помаранчевим
oranye 橙 オレンジ 주황
"""


def entries(words: str) -> list[str]:
    """The entries of a list, as they are written in a text."""
    lines = (line for line in words.splitlines() if not line.startswith("#"))
    return [entry.replace("_", " ") for line in lines for entry in line.split()]
