"""Words of the occasions on which mails speak of codes: not asked for, a warning, a notice; and "digits".

Notation: ``|`` marks where a word begins or ends, ``_`` is a blank; lines that begin with ``#`` are comments. All is
lower case and without accents. Full account: ``codewords``.
"""

from __future__ import annotations

# Digits, letters: what a code is called where it is not called a code.
FIGURES = """
# Latin letters
|4-digit |5-digit |6-digit |7-digit |8-digit |amadijithi |angka| |betuk |betut |bogstaver |bokstaver |brojeva |brojke
|buchstaben| |caractere |caracteres |caratteri |ces_chiffres |characters| |chiffres |chu_so| |cifras |cifre| |cifre,
|cifrele |cifrene |cijfers |cipari |ciparu |ciparus |cislic |cislicami |cislice |cyfr| |cyfry |deze_cijfers
|diese_zahl |digid |digit| |digit-digit |digiti |digitos |digits| |dijit |estes_numeros |estos_numeros |figures|
|haneli |haneyi |herufi |huruf| |izinombolo |karakter |karakters |karaktert |ky_tu| |letras| |letras, |lettere|
|letters| |lettres| |liter| |litere |litery |lletres |llythren |merkit |merkki |nambari |numbrid |numbrit |numeroa
|numeroita |numeros_siguientes |numerot |numrat |pismen |pismena |questi_numeri |rakam |rakami |raqam| |raqamli
|shifrat |siffrene |siffror |siffrorna |sifre| |sifrene |simboli |simbolius |six-digit |skaitmen |slova| |stafi |stevk
|stevke |syfers |szamjegy |szamokat |szamot |tahemark |tarakimu |tegn| |tekens| |the_numbers |these_numbers |tolur
|tolurnar |tolustafi |xifra |xifres |zahlen| |zeichen| |zenbaki |ziffer| |ziffern |ziffren |znaki| |znakow |znaku|
|znaky |znamenke |znamenki
# Greek
|αριθμουσ |γραμματα |χαρακτηρ |ψηφια |ψηφιο |ψηφιων
# Cyrillic
|бројев |букв |букви |буквы |знаки| |знаков |літар |лічб |орон |рақам |символ |символы |слова| |тэмдэгт |цифр |цифра
|цифрами |цифре |цифри |цифры
# Georgian and Armenian
թվանշան նիշ ნիշ სიმბოლო ციფრ
# Hebrew
אותיות הספרות ספרות תווים
# Arabic
احرف ارقام الأرقام الارقام حرف حروف رقمي رقمی رقم‌ها ہندس ہندسوں
# Ethiopic
ቁጥሮች አሃዝ
# India, Sri Lanka, Tibet
अंक अंकीय अंकों अक्षर संख्याएं অঙ্ক ডিজিট সংখ্যার ਅੰਕ ਅੰਕਾਂ અંક અંકનો இலக்க எண்களை అంకె అంకెల ಅಂಕಿ ಅಂಕೆ അക്ക අංක ඉලක්ක
# Thailand, Laos, Cambodia, Myanmar
ตัวอักษร ตัวเลข หลัก ຕົວເລກ ဂဏန်း លេខ
# Chinese and Japanese
位数 位數字 字母 字符 数字 數字 文字を 桁
# Korean
글자 문자 숫자 자리
"""

# "If you did not ask for this, ignore it": said in mails that somebody asked for.
IGNORE = """
# Latin letters
|abaikan |anwybydd |awucelanga |awuzange |bad_ekki |badst_ekki |balewalain |bo_qua |bortse_fran |bukan_anda
|bukan_kamu |delete_this_e |delete_this_m |descarte_ |desconsider |did_not_ask |did_not_attempt |did_not_initiate
|did_not_make_this |did_not_request |did_not_sign |did_not_try |didn't_ask |didn't_initiate |didn't_make_this
|didn't_request |didn't_sign |didn't_try |dikkate_alma |disregard |e'tibor_bermang |ei_olnud |ei_palunud |ei_taotlenud
|ei_tellinud |eira_ |eirake |et_itse |et_ole_itse |et_ole_pyyta |et_pyyta |etibarsiz |ez_baduzu |ez_duzu |ez_egin
|figyelmen_kivul |gegenstandslos |gormezden |goz_ardi |gozardi |hacer_caso_omiso |haga_caso_omiso |hagyd_figyelmen
|hagyja_figyelmen |haz_caso_omiso |heb_je_dit_niet |hebt_u_dit_niet |heeft_u_dit_niet |hindi_ikaw |hindi_ka
|hindi_mo_hiniling |hiraukan |hukufanya |hukuomba |hunsa_ |hunsad |hunsadu |huwag_pansinin |if_this_was_not
|if_this_wasn't |if_you_have_not |ignora| |ignora'l |ignora_ |ignoralo |ignorar |ignorare |ignorarlo |ignorati
|ignore| |ignore-o |ignore_ |ignore_ce |ignoreer |ignoreeri |ignorejiet |ignorer |ignorer_ |ignorera |ignorere
|ignoreu |ignorez |ignori_ |ignoriere |ignorieren |ignoriraj |ignorirajte |ignoruj |ignorujte |ignoruokite
|ikke_anmodet |ikke_bedt |ikke_bestilt |ikke_deg |ikke_dig |ikke_forsokt |ikke_selv |injoroni |inte_begart
|inte_bestallt |inte_bett |inte_du| |inte_forsokt |istemedi |ja_tas_nebij |jata_huomi |jste_o_nej |keine_anmeld
|khong_phai_ban |khong_thuc_hien |khong_yeu_cau |losche_diese |loschen_sie_diese |mura_ndearna |n'etes_pas
|nad_oeddech |nao_fez |nao_foi_o |nao_foi_voce |nao_pediu |nao_reconhece |nao_solicitou |ne_jus| |ne_pas_tenir
|ne_petis |ne_tenez_pas |ne_tu| |neamhaird |neboli_ste |nebyl_jste |nebyli_jste |neesat |negeer |negeren |nejste_to
|nekreipkite |nem_kert |nem_kerte |nem_on |nem_ont |nem_te |nepaisykite |nepieprasij |nepozadal |nepozadoval
|nepoziadal |neprase |neprasei |neprasete |never_ask_for |never_ask_you |never_call |neverojiet |nevyziadal |nezadal
|nezadali |neziadal |nicht_angefordert |nicht_angemeldet |nicht_du| |nicht_selbst |nicht_sie| |nicht_von_dir
|nicht_von_ihnen |nichts_tun |nichts_weiter |nie_bylas |nie_byles |nie_pan |nie_probowal |nie_prosil |nie_self
|nie_ty| |nie_versoek |nie_wykonyw |nie_zamawial |nie_zlecal |niet_aangevraagd |niet_door_jou |niet_door_u
|niet_gevraagd |niet_zelf |nisi_ti |nisi_to |nisi_zahtev |nisi_zatraz |niste_vi |niste_zahtev |niste_zatraz |no_fuiste
|no_ha_sido |no_ha_solicitado |no_has_demanat |no_has_estat |no_has_sido |no_has_solicitado |no_heu_demanat
|no_heu_estat |no_la_has |no_lo_has |no_lo_solicit |no_pediste |no_pidio |no_reconoces |no_solicitaste |no_solicito
|nobody_from |non_e_stato_lei |non_ha_richiesto |non_hai_effettuato |non_hai_richiesto |non_l'hai |non_sei_stato
|non_sei_tu |non_solicitaches |not_requested |not_you? |nu_ai_cerut |nu_ai_facut |nu_ai_fost |nu_ai_solicitat
|nu_ati_cerut |nu_ati_fost |nu_ati_solicitat |nu_dvs |nuk_e_keni |nuk_ishit |nuk_keni_kerkuar |ohita_ |pas_a_l'origine
|pas_demande |pas_effectue |pas_l'auteur |pas_vous |poista_tama |pomin_te |prezri |prezrite |puoi_ignorar |puuza
|rien_demande |safely_ignore |se_bort_fra |sen_degil |shperfillni |si_wewe |siz_degil |siz_deyil |so'ramagan
|somebody_else |someone_else |someone_is_trying |someone_tried |strunta_i |talep_etmedi |teleb_etme |tidak_melakukan
|tidak_membuat |tidak_meminta |tidak_merasa |torolje_ezt |ungayinaki |usun_te |voit_jattaa |was_not_you |wasn't_me
|wasn't_you |yapmadi |you_can_ignore |zanemari |zanemarite |zignorow |zignoruj
# Greek
|αγνοησ |δεν_εκαν |δεν_ζητησ |δεν_ησασταν |δεν_ησουν |δεν_προσπαθ |δεν_το_ζητησ |παραβλεψ
# Cyrillic
|дархост_накард |елемеңіз |если_это_были_не |занемари |игнорир |игнорирајте |көңіл_бөлмеңіз |көңүл_бурбаңыз
|не_баравте |не_вводили |не_ви| |не_входили |не_вы |не_делали |не_заказыв |не_замовл |не_запитув |не_запрашив
|не_запытв |не_надсил |не_намаг |не_обращаите |не_побарав |не_просил |не_просили |не_робили |не_сте |не_сте_вие
|не_сте_заяв |не_сте_искал |не_сте_поискал |нисте_ви |нисте_тражил |нодида |праігнар |пренебрегн |проигнорир |проігнор
|сиз_эмес |сураган_эмес |сіз_емес |сұрамаған |та_биш |удалите_это |хүсээгүи |это_не_вы |якщо_це_були_не |ігнор |үл_тоо
# Georgian and Armenian
անտեսեք դուք_չեք չեք_պահանջել არ_იყავით არ_მოგითხოვ არ_მოითხოვ დააიგნორ უგულებელ
# Hebrew
התעלמ לא_אתה לא_אתם לא_ביצעת לא_ביקשת לא_ביקשתם להתעלם
# Arabic
آپ_نے_نہیں اگر_شما_نبوديد تجاهل داوات_نەکرد درخواست_نداد درخواست_نکرد درخواست_نہیں لم_تطلب لم_تقم لم_تكن له_پامه
نادیده نظرانداز پشتگوێ
# Ethiopic
ችላ_ይበሉ ካልሆኑ ካልጠየቁ
# India, Sri Lanka, Tibet
अनदेखा अनुरोध_गर्नु अनुरोध_नहीं आपने_नहीं दुर्लक्ष नज़रअंदाज़ बेवास्ता विनंती_केली_नस অনুরোধ_করেননি অনুরোধ_না উপেক্ষা
করে_না_থাক ਅਣਡਿੱਠ ਨਜ਼ਰਅੰਦਾਜ਼ ਬੇਨਤੀ_ਨਹੀਂ અવગણ વિનંતી_ન கோரவில்லை நீங்கள்_இல்லை புறக்கணி అభ్యర్థించక మీరు_కాకపోతే విస్మరించ
ನಿರ್ಲಕ್ಷ ವಿನಂತಿಸದ അഭ്യർത്ഥിച്ചി അവഗണി ඉල්ලා_නොමැති ඔබ_නොවේ නොසලකා
# Thailand, Laos, Cambodia, Myanmar
ละเว้น เพิกเฉย ไม่ใช่คุณ ไม่ได้ขอ ไม่ได้ทำ ไม่ได้ร้องขอ ไม่ได้เป็นผู้ ບໍ່ໄດ້ຮ້ອງຂໍ ເບິ່ງຂ້າມ မတောင်းဆို လျစ်လျူ មិនបានស្នើ មិនអើពើ
# Chinese and Japanese
不予理会 不是你 不是您 不要理会 並非您 如非 并非您 心当たり 忽略 未曾 未申请 未請求 没有操作 没有申请 没有请求 無視
破棄 覚えがない 覚えのない 非本人
# Korean
무시 본인이_아 시도하지 신청하지 않았다면 요청하지 하지_않으셨다면
"""

# Scams and phishing: codes are spoken of there, seldom given.
FRAUD = """
# Latin letters
|adathalasz |apgavik |arnaque |bedragare |bedrager |bedrageri |betrug |betruger |beware |bluff |burla |caller_asks
|callers_asking |correos_falsos |csalas |csalo |dolandiric |email_false |escroc |escroch |estafa |estafador |estafes
|fake_ |fake_calls |falsche_e-mails |falsche_mails |false_mail |falska_ |falske_ |falsos_ |falszyw |faux_e-mails
|faux_mails |faux_sms |fraud |frauda |fraude |fraudeur |frode gia_mao |goljuf |golpe |golpista |hameconnage |hamis
|huijar |huijau |huijaus |impersonat |inselaci |kelmu |krapnie |krapnieciba |kursier |lua_dao |mashtrim |oplicht
|oszust |oszustw |penipu |pettur |petu |phishing |podvod |podvodn |podvodnik |prevar |prevarant |prijevar |read_it_out
|read_out_ |rings_you |sahte |scam |scammer |sukciav |svik |svindel |svindler |timador |timo| |truffa |truffatori
|vaarenne |valse_ |vorlesen |watch_out |wyludz
# Greek
|απατ |απατεων
# Cyrillic
|алаяқ |алдамчы |афер |залил |зловмис |злоумыш |измам |махинат |мошенн |поддельн |превар |фальшив |шахра
# Hebrew
דיוג הונאה מזויפ נוכל פישינג
# Arabic
احتيال جعلساز دھوکہ فراڈ فیشینگ محتال مزيف کلاهبردار
# India, Sri Lanka, Tibet
ठग धोखाधड़ी फ्रॉड প্রতারক প্রতারণা மோசடி మోసం ವಂಚನೆ തട്ടിപ്പ් വഞ്ചന තට්ටිප්පු
# Thailand, Laos, Cambodia, Myanmar
มิจฉาชีพ หลอกลวง
# Chinese and Japanese
仿冒 偽の 冒充 詐欺 詐騙 诈骗 釣魚 钓鱼
# Korean
가짜 사칭 보이스피싱 사기 피싱
"""

# What has happened: changed, turned on, a reminder. Nothing is to be entered.
NOTICE = """
# Latin letters
|a_ete_active |a_ete_ajoute |a_ete_change |a_ete_desactive |a_ete_modifie |a_ete_reinitialis |a_fost_modificat
|a_fost_schimbat |aminning |andrades |atgadinajums |bekapcsol |ble_endret |bol_zmeneny |bola_zmenena |bolo_zmenene
|byl_zmenen |byla_zmenena |bylo_zapnuto |bylo_zmeneno |da_duoc_thay_doi |da_thay_doi |dang_nhap_moi |degisti
|degistirildi |digest |e_stata_attivata |e_stata_cambiata |e_stata_modificata |e_stato_cambiato |e_stato_modificato
|emlekezteto |er_aendret |er_aktivert |er_blevet_aendret |er_endret |erinnerung |foi_adicionad |foi_alterad
|foi_ativad |foi_redefinid |geandert_worden |ha_cambiado |ha_cambiato |ha_canviat |ha_sido_cambiad |ha_sido_modific
|har_aktiverats |har_andrats |has_been_added |has_been_changed |has_been_disabled |has_been_enabled |has_been_removed
|has_been_reset |has_been_updated |hat_sich_geandert |hatirlatma |have_been_added |herinnering |is_gewijzigd
|is_ingeschakeld |is_now_off |is_now_on |is_veranderd |izmijenjen |lembrete |meeldetuletus |megvaltozott |memento
|monthly |muistutus |muudeti |neue_anmeldung |new_device |new_login |new_sign-in |nhac_nho |nieuwe_aanmelding
|nomainita |nouvelle_connexion |nove_prihlaseni |novo_acesso |nowe_logowanie |nuevo_inicio |nuovo_accesso
|ny_inloggning |ny_palogging |on_muudetud |on_muutettu |on_muutunud |on_otettu_kaytt |on_vaihdettu |opomnik |pakeist
|pakeistas |pamindelse |paminnelse |pengingat |peringatan_masuk |podsetnik |podsjetnik |priminimas |pripomienka
|pripominka |promemoria |promenjen |promenjena |promijenjen |promijenjena |przypomnienie |rappel |recent_sign
|recordatori |recordatorio |reminder |se_cambio |se_ha_activado |se_ha_cambiado |se_ha_modificado |signed_in_from
|spremenjen |summary |telah_diaktifkan |telah_diubah |thank_you_for |thanks_for |turned_off |turned_on |was_added
|was_changed |was_disabled |was_enabled |was_removed |was_reset |was_updated |weekly |welcome_to |were_changed
|wurde_aktiviert |wurde_deaktiviert |wurde_entfernt |wurde_geandert |wurde_hinzugefugt |wurde_zuruckgesetzt
|yeni_giris |zmenil_sa |zostal_zmienion |zostala_wlaczona |zostala_zmieniona |zostalo_zmienione
# Greek
|αλλαξε |ενεργοποιηθηκε |νεα_συνδεση |υπενθυμιση
# Cyrillic
|включен |еске_салу |змінен |змінено |измен |изменен |нагадув |напоминан |напомнян |новии_вхід |новыи_вход |подключен
|подсетник |променен |променет |промењен |сменет |увімкнен |өзгертілді
# Hebrew
הופעל השתנתה כניסה_חדשה שונתה תזכורת
# Arabic
تبدیل_کر تذكير تسجيل_دخول_جديد تغيير_داده_شد تغيير_يافت تغییر_کرد تم_تغيير تم_تفعيل یادآور
# India, Sri Lanka, Tibet
अनुस्मारक बदल_दिया बदला_गया सूचना পরিবর্তন_করা_হয়েছে
# Thailand, Laos, Cambodia, Myanmar
ถูกเปลี่ยน เปลี่ยนแล้ว แจ้งเตือน
# Chinese and Japanese
お知らせ 変更されました 変更しました 已修改 已变更 已啟用 已开启 已更改 已變更 提醒 有効になりました 通知
# Korean
변경됐 변경되었 설정되었 알림
"""

# "Looks like this", "for example": what follows is shown, not given.
SAMPLE = """
# Latin letters
|adibide |an_example |arata_asa |atrodo_taip |beispiel |beispielhaft |boyle_gorun |contoh |daemi |ejemplo |eksempel
|enghraifft |esempio |esimerk |example: |example_code |example_of |exempel |exemplar |exemple |exemplo |exemplu
|fictif |fictitious |for_example |for_instance |ha_questo_aspetto |halimbawa |igy_nez_ki |illustration |izgleda_ovako
|izgleda_tako |izskatas |litur_svona |look_like_this |looks_like |looks_something_like |luce_asi |made_up |mfano
|muster| |mustercode |na_primer |naeb_valja |naide |nayttaa_talta |ornek |paraug |pavyzd |pelda |priklad |primjer
|przyklad |ressemble_a |sa_har_ser |sample |se_parece_com |se_ve_asi |ser_sadan_ud |ser_slik_ut |ser_ut_sa_har
|si_presenta_cosi |sieht_so_aus |slik_ser |snippet |so_sieht |soyle_gorun |specimen |tak_wyglada |takto_vypada
|tem_este_aspeto |terlihat_seperti |tiene_este_aspecto |trong_nhu |vi_du |voorbeeld |vypada_takto |vyzera_takto
|wyglada_tak |za_primer |ziet_er_zo |zo_ziet
# Greek
|δειγμα |μοιαζει_με |παραδειγμα |φαινεται_ετσι
# Cyrillic
|виглядає_так |вот_как_выгляд |выглядит_так |зразк |зразок |изгледа_овако |изглежда_така |мисал |мысал |образец
|образц |ось_як_вигляд |приклад |пример |прыклад
# Georgian and Armenian
օրինակ მაგალით
# Hebrew
דוגמא דוגמה לדוגמא לדוגמה נראה_כך
# Arabic
مثال نموذج نمونه يبدو_هكذا
# India, Sri Lanka, Tibet
उदाहरण नमूना উদাহরণ নমুনা ਉਦਾਹਰਨ ઉદાહરણ உதாரண எடுத்துக்காட்டு ఉదాహరణ ಉದಾಹರಣೆ ഉദാഹരണ උදාහරණ
# Thailand, Laos, Cambodia, Myanmar
ตัวอย่าง ຕົວຢ່າງ ဥပမာ ឧទាហរណ៍
# Chinese and Japanese
サンプル 例えば 例子 样例 示例 示範 範例 范例 見本
# Korean
예를_들 예시 이렇게_생
"""

# The subject line: a code may be there alone.
HEADING = """
# Latin letters
|aihekent |aiherivi |amnesrad |amnesraden |amnet_i |assumpte |assunto |asunto |betreff |betreffzeile |di_judul
|e-mail_subject |e-pasta_temat |e-postanin_konu |efni_post |efnislin |email_subject |emnefelt |emnelinj |emnet
|gaia_lerro |in_the_subject |judul_e |judul_pesan |judul_surel |kichwa_cha |konu_basl |konu_satir |konusunda |l'asunto
|l'objet |laisko_temo |ligne_d'objet |llinell_bwnc |naslov_poruk |naslovu_poruk |objet_de_ce |oggetto |onderwerp
|otsikkorivi |paksa |pealkirjas |predmet_e |predmete |predmetu |subiect |subiectul |subject_line |subject_of_this
|subjek |targy |targyaban |targysor |teemareal |tema_rind |temacie |temas_rinda |temat_wiad |temos_eilut |the_subject
|tieu_de |tytul_wiad |tytule |v_predmetu |zadeva_spor |zadevi
# Greek
γραμμη_θεμ θεμα_του θεματος_του
# Cyrillic
|наслов_поруке |насловот_на |наслову_поруке |тема_листа |тема_на_имеил |тема_письма |темата_на |теме_письма
|теме_этого |темы_письма |темі_листа |хат_тақырыб |хаттын_темас
# Hebrew
בנושא_ההודעה בשורת_הנושא שורת_הנושא
# Arabic
سطر_الموضوع عنوان_الرساله عنوان_ايميل موضوع_الرساله موضوع_ايميل
# India, Sri Lanka, Tibet
विषय_पंक्ति विषय_में বিষয়_লাইন தலைப்பில் సబ్జెక్ట్
# Thailand, Laos, Cambodia, Myanmar
หัวข้ออีเมล หัวเรื่อง
# Chinese and Japanese
主旨 件名 邮件主题 邮件标题 郵件主旨 郵件標題
# Korean
메일_제목 이메일_제목 제목에
"""

# To be shown or told to somebody: at a desk, at a door, to a courier.
TELL = """
# Latin letters
|a_futarnak |a_l'accueil |a_l'entree |aan_de_balie |aan_de_bezorger |aan_de_chauffeur |aan_de_koerier |al_conducente
|al_corriere |al_mensajero |al_repartidor |all'ingresso |alla_cassa |am_einlass |am_empfang |an_der_kasse
|ao_entregador |ao_motorista |apresente |aratati |at_the_counter |at_the_desk |at_the_entrance |at_the_till
|au_chauffeur |au_comptoir |au_coursier |au_livreur cho_nguoi_giao cho_shipper |cho_tai_xe |comunicalo_al |curierului
|delivery_agent |delivery_associate |delivery_driver |delivery_executive |delivery_partner |dem_boten |dem_fahrer
|dem_kurier |dem_zusteller |der_zustellerin |digale |dile_al |donnez-le |dostawcy |dua_ma |en_la_entrada |en_recepcion
|esibire |esibisci |esita_ |fremvis |futarnak |give_it_to_the |give_the_courier |give_the_driver
|give_this_code_to_the |gorevliye |goster_ |gosterin |hand_over |indiquez-le |informe_ao |ipakita kepada_kurir
|kerro_kuljet |kurierovi |kurierowi |kurir_ |kuryera_ |kuryeye |laat_dit |mondja_meg |montrer |montrez |mostra_
|mostralo |mostralo_ |mostrar |mostre |mostri |muestra_ |muestre |mutasd |mutassa |na_entrada |na_portaria |na_recepci
|naita_ |nayta_ |naytettava |nenne_ |nennen_sie |okaz_ |okazac |onyesha |parodykite |pateikite |perlihatkan
|podaj_kurierowi |pokaz| |pokaz_ |pokazite |predlozite |predlozte |presenta_ |presentar |presente_ |presentez
|prezentati |przy_wejsciu |quote_this |quote_your |read_it_to |reception |sag_koden_till |sdelte_kuryr |sebutkan
|show_it |show_the |show_this |show_your |showing_this |soyleyin |spune_ |spuneti |tell_the |tell_your_courier
|tell_your_driver |til_budet |til_chauffor |til_sjafor |till_budet |till_chauffor |to_our_staff |to_the_courier
|to_the_delivery |to_the_driver |to_the_postman |to_the_rider |to_the_staff |to_your_courier |to_your_driver |tonen
|toon_ |tunjukkan |ukazte |utle_kuller |uzradiet |vis_den |vis_denne |vis_koden |visa_biljett |visa_den |visa_kod
|visa_upp |vorlegen |vorzeigen |w_recepcji |with_our_courier |with_our_driver |with_the_courier |with_the_delivery
|with_the_driver |with_the_rider |xuat_trinh |zeig_ |zeigen_sie
# Greek
|δειξε |δειξτε |διανομεα |επιδειξ |κουριερ |πειτε_στον
# Cyrillic
|кажете_на |кур'єру |куриеру |курьеру |көрсет |көрсөт |назвіть |назовите |повідомте_кур |покажете |покажите |покажите_
|покажіть |пред'яв |представете |предъяв |реците |сообщите_курьер |сообщите_сотруд
# Hebrew
הצג_ הציגו להציג לשליח מסרו_לשליח
# Arabic
ارائه اظهر_ اعرض_ دکھائیں للسايق للمندوب لمندوب نشان_دهيد
# India, Sri Lanka, Tibet
डिलीवरी_एजेंट डिलीवरी_पार्टनर दिखाइए दिखाएँ दिखाएं बताएं দেখান বলুন காட்டுங்கள் காண்பி చూపించ ತೋರಿಸಿ കാണിക്ക
# Thailand, Laos, Cambodia, Myanmar
พนักงานส่ง แจ้งพนักงาน แสดง โชว์
# Chinese and Japanese
お見せ ご提示 出示 告知快递 外送員 快递员 报给 提示して 配送员 配達員
# Korean
배달원 배송기사 보여 알려주세요 제시
"""
