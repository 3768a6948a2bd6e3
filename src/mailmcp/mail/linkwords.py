"""Words on and round links, in many languages (notation: see ``codewords``)."""

from __future__ import annotations

import re

from mailmcp.mail import codewords_negative, codewords_positive
from mailmcp.mail.codewords import Kind, Lexicon

# Confirm, activate, sign in, reset, password, accept, join, invitation, register.
_ACTION = """
|verify |verification |confirm |activat |sign_in |sign-in |signin |log_in |login |magic_link |reset
|password |accept |join_ |invited |invitation |invite |complete_your |finish_setting |finish_sign
|continue_to |unlock |approve |authorize |authorise |yes,_ |validate |recover |restore_access |claim_your
|sign_up |set_up_your |join| |subscription_confirm
|bestatig |anmelden |einloggen |anmeldelink |aktivier |freischalt |zurucksetz |passwort |kennwort |annehmen
|akzeptier |einladung |eingeladen |beitreten |registrier
|confirmer |confirmez |valider |validez |connecter |connexion |connectez |activer |activez |reinitialis
|mot_de_passe |accepter |acceptez |rejoindre |rejoignez |invite_ |inscription
|confirmar |confirma |confirme |verificar |verifica |verifique |activar |activa| |active_ |ativar |ativa
|ative |iniciar_sesion |inicia_sesion |inicio_de_sesion |iniciar_sessao |entrar| |entra_ |restablec |redefin
|repor |contrasena |senha| |palavra-passe |aceptar |acepta |aceitar |aceita |aceite |unirse |unirte |unete
|participar |juntar |junta-te |acceder |aceder |acessar |acesso |acceso |invitacion |invitado |convite
|convid |registro |registo |cadastro |alta| |xuntate |contrasinal |contrasenya |inicia_sessio
|confermare |conferma |accedi |accesso |attiva |reimposta |ripristina |accetta |unisciti |invito |invitato
|registrazione |inicia |restableix |accepta |uneix |confirmati |activeaza |activati |activare |reseteaza
|resetati |resetare |parola |alatura |alatur |invit |conecteaza |conectare |autentific |inregistr
|bevestig |inloggen |inlog |activeer |herstel |wachtwoord |wagwoord |accepteer |aanvaard |uitnodig
|uitgenodig |deelnemen |aansluit |sluit_aan |registr |meld_aan |aanmeld |teken_in |aktiveer
|bekraeft |bekreft |bekraft |aktiver |logga_in |log_ind |logg_inn |logg_in |nulstil |tilbakestill |aterstall
|losenord |passord |adgangskode |acceptera |godta |godkann |tackan_ja |inbjud |inviter |innbyd |delta|
|ga_med |bli_med |deltag |tilslut |registrer |stadfest |virkja |endurstil |lykilord |samthykk |bod| |bod_
|boð |skraning |takk_ja
|vahvist |kirjaudu |kirjautu |aktivoi |palauta |nollaa |salasana |hyvaksy |liity |kutsu |rekisteroi |kinnita
|kinnitage |aktiveeri |lahtesta |parool |logi_sisse |noustu |liitu |kutse |votke_vastu |vota_vastu
|registreeri
|potwierdz |zaloguj |logowani |aktywuj |aktywac |zresetuj |resetuj |resetowan |haslo |hasla |akceptuj
|zaakceptuj |przyjmij |dolacz |zaprosz |rejestrac |potvrd |potvrz |over_ |overit |overte |prihlas |aktivova
|aktivac |obnov |obnovit |resetova |hesl |nastavit |prijmout |prijat |prijmi |pripoj |pozvan |registrac
|megerosit |erositse |aktival |bejelentkez |belep |visszaallit |jelszo |elfogad |csatlakoz |meghiv |regisztr
|potrdi |potrdit |prijava |prijavi |ponastav |geslo |gesla |sprejmi |pridruzi |vabil |povabil |potvrdi
|aktivira |resetira |ponisti |lozink |prihvati |poziv |registrir |poveznic |patvirt |prisijung |aktyvuo
|aktyvin |atkur |slaptazod |priimti |kvietim |pakvie |apstiprin |pieteik |pieslegt |aktiviz |atiestat |parol
|piener |pienem |pievienot |uzaicin |ielug |konfirm |verifik |aktivizo |rivendos |fjalekalim |prano
|bashkohu |ftes |ftua |regjistr |ikkonferma |issettja |stedin |aċċett |ingħaqad
|dogrula |onayla |onay |etkinlestir |aktiflestir |giris |oturum |sifirla |sifre |kabul_et |katil |davet
|uyelik |kaydinizi |tesdiq |aktivles |berpa |yenile |qebul |qosul |devet |qeydiyyat |tasdiq |faollash
|tiklash |qabul |taklif |royxat |ro'yxat |kirish |qo'shil
επιβεβαι επαληθευ |συνδεσ |ενεργοποι |επαναφορ |κωδικο_προσβασ |αποδοχ |αποδεχ |αποδεκτ |εγγραφ |προσκλη
|προσκαλ |συμμετ
|подтвер |войти |вход |входа |активир |активац |сброс |восстанов |принять |присоедин |пароль |пароля
|приглаш |регистрац |підтвер |увійти |вхід |активу |скинут |скидан |віднов |прийняти |приєдн |запрош
|реєстрац |пацвер |увайс |уваход |скінуц |скід |прыня |далуч |запраш |рэгістр |потвърд |влез |влизане |нулир
|възстан |приеми |приемане |приемете |присъедин |покан |парол |потврд |најав |пријав |ресет |лозинк |прифат
|прихват |прими_ |позив |придруж |регистрир |растау |раста |кіру |белсендір |қалпына |құпиясоз |құпия_соз
|қабылда |шақыр |қосыл |тіркел |ырасто |тастыкта |кирүү |кируу |калыбына |сырсоз |кабыл_ал |чакыр |кошул
|баталгаажуул |нэвтрэ |идэвхж |сэргээ |нууц_уг |нууц |зовшоор |нэгдэ |урилга |уриж |бүртгэл |тасдиқ
|воридшав |рамз |қабул |даъват
დადასტურ დაადასტურ ვერიფიკ შესვლ შედი აქტივ გააქტიურ აღდგენ აღადგინ პაროლ მიღებ მიიღ მოწვევ მოგიწვ შეუერთდ
რეგისტრაც հաստատ մուտք ակտիվ վերականգ գաղտնաբառ ընդուն հրավ միանալ միացե գրանց
אימות לאמת אמת_ אשר_ אישור לאשר כניסה התחבר להתחבר הפעל הפעלת איפוס לאפס סיסמה סיסמת קבלת_ההזמנה הצטרף הצטרפ
להצטרף הזמנה_ל הוזמנת הזמין הזמינ הרשמה הרשמת
تاكيد اكد تحقق تفعيل فعل_ تسجيل_الدخول دخول_ اعاده_تعيين كلمه_المرور كلمه_مرور قبول انضم دعوه دعاك الانضمام
تسجيل تاييد ورود فعالسازي فعال بازيابي بازنشاني رمز_عبور گذرواژه پذيرش پذيرفتن دعوت پيوستن ثبتنام ثبت_نام
تصديق لاگ_ان پاس_ورڈ دوباره_ترتيب دعوت_نامه قبول_كرين شامل_ہون بحال ري_سيٹ رجسٹر
सत्याप पुष्टि लॉगिन लॉग_इन साइन_इन सक्रिय रीसेट पासवर्ड स्वीकार शामिल आमंत्र निमंत्र पंजीकरण पडताळ सामील
रजिस्टर প্রমাণি যাচাই নিশ্চিত লগইন লগ_ইন সক্রিয় রিসেট পাসওয়ার্ড গ্রহণ যোগ_দি আমন্ত্রণ নিবন্ধন ચકાસ પુષ્ટિ
લૉગ પાસવર્ડ રીસેટ સ્વીકાર જોડા આમંત્રણ ਪੁਸ਼ਟੀ ਤਸਦੀਕ ਲੌਗ ਪਾਸਵਰਡ ਰੀਸੈਟ ਸਵੀਕਾਰ ਸੱਦਾ ਸ਼ਾਮਲ உறுதி சரிபார் உள்நுழை
மீட்டமை கடவுச்சொல் ஏற்று ஏற்க அழைப்பு சேர செயல்படுத்த పాస్‌వర్డ్ ధృవీకర ధ్రువీకర నిర్ధార లాగిన్ రీసెట్
పాస్వర్డ్ అంగీకరి ఆహ్వాన చేరండి యాక్టివేట్ ದೃಢೀಕ ಪರಿಶೀಲ ಲಾಗಿನ್ ಪಾಸ್ವರ್ಡ್ ಮರುಹೊಂದಿ ಸ್ವೀಕರಿ ಆಹ್ವಾನ ಸೇರಿ ಸಕ್ರಿಯ
സ്ഥിരീകര പരിശോധ ലോഗിൻ റീസെറ്റ് പാസ്വേഡ് പാസ്വേർഡ് പുനഃസജ്ജ സ്വീകരി ക്ഷണ ചേരു സജീവ තහවුරු සත්‍යාප පිවිස මුරපද
නැවත_සකස් පිළිගන් ආරාධන එක්වන්න සක්‍රිය ପାସୱାର୍ଡ ନିଶ୍ଚିତ
ยืนยัน เข้าสู่ระบบ เปิดใช้งาน รีเซ็ต รหัสผ่าน ยอมรับ เข้าร่วม คำเชิญ เชิญ ลงทะเบียน ຢືນຢັນ ເຂົ້າສູ່
ລະຫັດຜ່ານ ຕັ້ງ ຍອມຮັບ ເຊີນ ເຂົ້າຮ່ວມ បញ្ជាក់ ចូល ផ្ទៀងផ្ទាត់ ពាក្យសម្ងាត់ កំណត់ ទទួលយក អញ្ជើញ ចូលរួម အတည်ပြု
ဝင်ရောက် စကားဝှက် ပြန်လည် လက်ခံ ဖိတ် ပါဝင်
xac_minh xac_nhan xac_thuc dang_nhap kich_hoat dat_lai mat_khau chap_nhan tham_gia loi_moi duoc_moi dang_ky
|verifikasi |konfirmasi |aktifkan |aktivasi |masuk |atur_ulang |setel_ulang |kata_sandi |sandi |terima
|gabung |bergabung |undang |diundang |sahkan |pengesahan |kata_laluan |tetapkan_semula |sertai |jemput
|log_masuk |daftar |lebokake |tembung_sandi |kumpirma |i-verify |beripika |i-reset |i-activate |tanggapin
|imbit |inimbit |sumali |mag-log
|thibitish |kuthibitish |uthibitish |ingia |kuingia |weka_upya |nenosiri |nywila |kubali |mwaliko |umealik
|jiunge |washa |amilish |qinisek |ukuqinisek |ngena |iphasiwedi |iphasiwethi |setha_kabusha |yamukela
|isimemo |umenyiwe |joyina |ipaswedi |xaqiiji |geli |erayga_sirta |casuumaad |tabbatar |kalmar_sirri |gayyat
|shiga |jerisi |ijerisi |oroigbaniwole |gba_ |nkwenye |okwuntughe |nabata |emeza |kwemeza |injira
|ijambobanga ማረጋገ አረጋግጥ ያረጋግጡ ግባ መግቢያ የይለፍ_ቃል ዳግም ተቀበል ግብዣ ተጋብዘ ተቀላቀል
|dilys |cadarnha |mewngofnodi |ailosod |cyfrinair |derbyn |gwahodd |ymuno |ymunwch |gweithredu |cofrestr
|deimhnigh |fioraigh |logail |athshocraigh |pasfhocal |glac_ |cuireadh |dearbh |ath-shuidhich |berretsi
|egiaztatu |saioa |berrezarri |pasahitza |onartu |gonbid |batu |aktibatu |pasvort |konfirmu |akceptu
|ensalut |bestateg |passwuert
确认 確認 验证 驗證 激活 啟用 启用 登录 登入 登錄 重置 重設 重设 密码 密碼 接受 加入 邀请 邀請 注册 註冊
认证 認証 有効化 ログイン サインイン 再設定 リセット パスワード 承認 承諾 参加 招待 登録 인증 확인 로그인
활성화 재설정 비밀번호 수락 참여 초대 가입
"""

# Unsubscribe, help, privacy, shop, follow, track, download; settings.
_AGAINST = """
|unsubscribe |opt_out |opt-out |preferences |email_settings |notification_settings |settings| |privacy
|terms |legal |imprint |impressum |contact |support| |help_cent |help| |help_ |faq |learn_more |learn_how
|read_more |read_the |find_out |view_in |view_this |view_online |web_version |browser |app_store |play_store
|get_the_app |download |follow_us |shop |store| |buy_ |order_now |track_ |view_order |view_invoice |pay_
|pay| |view_details |see_ |discover |explore |blog |careers |secure_your_account |secure_account |secure_my
|review_ |check_activity |activity |history |sign-in_history |login_history |report |cancel |decline |reject
|home_page |homepage |meeting |join_call |webinar |docs| |documentation |guide |about_ |tips |advice
|security_cent |manage_ |renew_ |upgrade |redeem |book_ |more_info
|abmelden |abbestell |datenschutz |agb| |hilfe |kontakt |mehr_erfahren |mehr_dazu |weiterlesen |im_browser
|online-ansicht |einkaufen |sendung |verfolgen |rechnung |herunterladen |konto_sichern |ablehnen
|einstellungen |tipps |jetzt_sparen |zur_bestellung |ansehen
|desinscri |desabonn |confidentialit |mentions |aide| |en_savoir_plus |lire_la |navigateur |boutique
|suivre_ |facture |telecharger |securiser |refuser |decouvr |voir_ |acheter |conseils |j'en_profite |profite
|cancelar_suscrip |darse_de_baja |darme_de_baja |baja| |privacidad |privacidade |ayuda |ajuda |leer_mas
|saber_mas |saiba_mais |ler_mais |navegador |comprar |tienda |loja| |rastrear |seguir_ |factura |fatura
|descargar |baixar |cancelar |rechazar |recusar |preferencias |anular_ |ver_ |veure |descubr |consejos
|conselhos |consells |aproveit |aprovech |contacto |contato
|annulla |disiscri |cancella |assistenza |aiuto |scopri |leggi |negozio |acquista |traccia |fattura |scarica
|rifiuta |vedi |visualizza |contatt |dezabon |confidential |ajutor |afla |magazin |descarca |vezi |cumpara
|afmelden |uitschrijven |voorwaarden |hulp |lees_meer |meer_weten |winkel |bestelling |downloaden |weigeren
|afmeld |frameld |avmeld |meld_deg_av |avregistrer |avsluta_pren |hjelp |hjaelp |hjalp |las_mer |les_mer
|laes_mere |handla |kop| |kop_ |kjop |kob_ |spara |ladda_ner |last_ned |se_ |vis_ |visa_ |bekijk |ontdek
|personvern |integritet |privatliv |kundeservice |kundservice |peruuta |tietosuoja |ohje |lue_ |kauppaan
|seuraa |lataa |katso |loobu |abi| |vaata |osta
|wypisz |rezygn |prywatn |pomoc |dowiedz |czytaj |przegladar |sklep |kup_ |sledz |faktur |pobierz |odrzuc
|zobacz |sprawdz_ |odhlas |soukrom |napoved |zjistit |precist |prohlizec |obchod |koupit |sledovat |stahnout
|odmitn |sukrom |viac |zobrazit |leiratkoz |adatvedel |segitseg |tovabb |bongesz |vasarl |nyomon |letolt
|megnez |megtekint |reszletek |odjav |zasebnost |vec_ |trgovin |kupi |prenes |pogled |prikazi |pregled
|preglednik |saznaj |prenumer |atsisak |pagalba |skaityk |parduotuv |perziure |ziureti |atrakst |palidz
|lasit |veikal |skatit |noraidit
|abonelikten |abonelig |gizlilik |yardim |daha_fazla |tarayici |alisveris |takip |indir| |reddet |incele
|goruntule |απεγγραφ |διαγραφη |απορρητ |βοηθεια |μαθετε |διαβαστε |περιηγη |αγορ |παρακολουθ |κατεβα |δειτε
|προβολη |επικοινων
|отпис |отказаться |отклон |конфиденц |помощь |поддержк |подробнее |узнать |читать |браузер |магазин |купить
|отслед |скачать |настройк |посмотр |перейти_в |каталог |відпис |відмов |конфіденц |допомог |детальніше
|читати |купити |відстеж |завантаж |налаштув |перегля |дізна |отпиш |поверител |помощ |научете |прочет
|пазарув |купи |проследи |изтегл |виж_ |вижте |разгледа |одјав |приватност |погледн |сазнај
הסרה הסר_ ביטול פרטיות עזרה קרא_ קנה_ קנו חנות מעקב הורד לפרטים צפה צפו לצפייה צור_קשר الغاء الخصوصيه مساعده
المساعده المزيد المتصفح تسوق تتبع تحميل عرض_ اتصل_بنا لغو_اشتراك لغو حريم_خصوصي راهنما بيشتر خريد دانلود
مشاهده مدد رازداري
सदस्यता_समाप्त अनसब्सक्राइब गोपनीयता सहायता मदद और_जान और_पढ़ खरीद ट्रैक डाउनलोड देखें আনসাবস্ক্রাইব
গোপনীয়তা সাহায্য আরও কিনুন দেখুন தனியுரிமை உதவி மேலும் வாங்க గోప్యత సహాయం ಗೌಪ್ಯತೆ ಸಹಾಯ സ്വകാര്യത സഹായ
ยกเลิก ความเป็นส่วนตัว ช่วยเหลือ อ่านต่อ อ่านเพิ่มเติม ช้อป ซื้อ ติดตาม ดาวน์โหลด ดูราย ดูสินค้า huy_dang_ky
quyen_rieng_tu tro_giup tim_hieu doc_them mua_ theo_doi tai_xuong tai_ve xem_ |berhenti_lang |privasi
|bantuan |selengkapnya |baca_ |belanja |beli |lacak |unduh |lihat |muat_turun |jejak |jiondoe |faragha
|msaada |soma |nunua |tazama |gweld |preifat |cymorth |rhagor |gehitu |laguntza |ikusi |pribatutasun
履历 履歴 记录 記錄 紀錄 기록 |verlauf |aktivitat |historique |activite |historial |actividad |historico
|atividade |cronologia |attivita |geschiedenis |activiteit |historik |aktivitet |historia |tapahtum
|aktywnos |aktivit |istoric |gecmis |ιστορικ |δραστηρ |истори |активнос |активніс היסטור פעילות السجل النشاط
تاريخچه इतिहास ประวัติ |lich_su |riwayat Դիտել Տեսնել ნახვა იხილეთ 退订 退訂 取消 隐私 隱私 帮助 幫助
了解更多 阅读 閱讀 浏览 瀏覽 購買 购买 商店 查看 物流 下载 下載 联系 聯絡 配信停止 配信解除 解除
プライバシー ヘルプ お問い合わせ 詳しく 詳細 続きを読む ブラウザ ショップ 購入 追跡 ダウンロード 見る
수신거부 수신_거부 개인정보 도움말 고객센터 자세히 더_보기 보기 브라우저 쇼핑 구매 배송 다운로드
"""

# "It was not you", said before a link in notices.
_NOT_YOU = """
|wasn't_you |was_not_you |wasn't_me |not_you |not_me |didn't |did_not |don't_recogni |do_not_recogni
|nicht_sie |nicht_du |nicht_selbst |nicht_von_ihnen |pas_vous |n'etait_pas |n'etiez_pas |n'est_pas_vous
|no_fuiste |no_has_sido |no_fui |no_reconoc |nao_foi |nao_fui |nao_reconhec |non_sei_stato |non_eri
|non_riconosc |niet_jij |niet_u |niet_door |inte_du |ikke_deg |ikke_dig |et_ollut |et_sina |to_nie_ty
|nie_ty |nebyli_jste |neste_to |nem_on |niste_vi |niste_bili |nu_ati_fost |nu_ai_fost |siz_degil
|δεν_ησασταν |δεν_ησουν |не_вы |не_ви |не_сте |не_узна |לא_אתה |לא_אתם |לא_ביצע لم_تكن لم_تقم شما_نبود
आपने_नहीं आप_नहीं ไม่ใช่คุณ khong_phai_ban |bukan_anda |bukan_kamu |ei_teie |siz_emas |jei_tai_ne |tas_nebij
|nuk_ishe 不是您 不是你 非本人 心当たり 본인이_아니 본인이_아닌
"""

LINKS = Lexicon(
    (Kind.ACTION, _ACTION),
    (Kind.AGAINST, _AGAINST),
    (Kind.NOT_YOU, _NOT_YOU),
    (Kind.VERIFY, codewords_positive.VERIFY),
    (Kind.OTP, codewords_positive.OTP),
    (Kind.OTHER, codewords_negative.OTHER),
    (Kind.GIFT, codewords_negative.GIFT),
    (Kind.ROOM, codewords_negative.ROOM),
    (Kind.NOTHING, codewords_negative.NOTHING),
)

URL_FOR = re.compile(
    r"verif|confirm|activat|aktiv|magic|sign-?_?in(?![a-z])|log-?_?in(?![a-z])|(?<![a-z])auth|oauth|token|(?<![a-z])otp|"
    r"passwordless|reset|password|passwd|recover|invit|accept|callback|regist|(?<![a-z])join|unlock|validat|opt-?in|"
    r"(?<![a-z])doi(?![a-z])|one-?time|(?<![a-z])session|ticket=|code=|nonce|sign-?up"
)
URL_AGAINST = re.compile(
    r"unsub|opt-?out|privacy|terms|/legal|/help|support|/faq|/contact|preferences|/settings|/shop|/store/|/products?/|"
    r"/blog|/news|/article|/orders?/|/tracking|invoice|view-?online|webversion|view-?in-?browser|mirror|"
    r"\.(?:png|jpe?g|gif|css|pdf)(?:$|\?)|/report|/download|abmeld|afmeld|desinscri|/careers|wasnt|not-?me|/cancel|"
    r"decline|/meeting|/j/|/docs|/security-?tips"
)
