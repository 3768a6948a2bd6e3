"""Words that stand by one-time codes, in many languages.

Notation: ``|`` marks where a word begins or ends, ``_`` is a blank; lines that begin with ``#`` are comments. All is
lower case and without accents. Full account: ``codewords``.
"""

from __future__ import annotations

# A noun for code, PIN or password: alone it may still be a voucher's.
CODE = """
# Latin letters
|chave| |chod |clave| -cod cod- |cod| code codi| codice codigo |codul codului geheimzahl ikhodi ikhowudi |jeton
kaody |key:| -kod kod| |kod koda| |koda_te kodann kode kode| |kode- |kode_ini koden| |kodenya koder| kodi|
kodinn kodja| kodjat| kodo| kodot| kood| koodh koodhka koodi |koodu kooi kota| |kota |lambar |ma_cua| |ma_nay
|ma_so| |msimbo |nambari_ya |nip| |pin| |pin-code| pin-kod |pincode| pinkod |pins| |sifra| |sifre sifreniz
sifresi |token| tunnusluku waehere zahlenfolge ziffern
# Greek
κωδικ
# Cyrillic
-код |код кодот |пин| |пін| |рамз шифр
# Georgian and Armenian
գաղտնաբառ ծածկագիր կոդ კოდ კოდი
# Hebrew
קאָד קאד קוד
# Arabic
الرقم_السري رقم_سري رمز رمزك كد كود كوڈ كوډ كۆد پن
# Ethiopic
አሃዝ ኮዱ ኮድ
# India, Sri Lanka, Tibet
कोड कोड् पिन संकेत ওটিপি কোড কোডটি ক’ড পিন ਕੋਡ કોડ କୋଡ କୋଡ୍ குறியீ கோட் కోడు కోడ్ ಕೋಡ್ ಸಂಕೇತ കേഡ് കോഡ കോഡ് කේත
කේතය කෝඩ් ཨང
# Thailand, Laos, Cambodia, Myanmar
รหัส ລະຫັດ ကုတ် ကုဒ် កូដ លេខកូដ
# Chinese and Japanese
コード 口令 暗号 暗証番号 码 碼
# Korean
코드
"""

# Verification, sign-in, security, identity.
VERIFY = """
# Latin letters
|2-step |2fa |aanmeld aanteken |abbina |acceder accedere |acces acceso |acceso| |access| accesso |acess |acesso
activac activat |adgang aktivi |aktyvin anmeld |appair |approuv |approv |aprob |aprov |apstipr ativac |atkomst
attivaz |audkenn autent autentific authent authoris authoriz autoriz |autoryz |azonosit bao_mat |bejelentkez
bekraeft |bekraft |bekreft |belep |beripik berrets |bestateg bestatig |beveilig |bevestig |bezbed |bezpec
|bezpiecz |bir_martalik |birdefelik |biztonsag |cadarnhau conecta conectare conferm confirm connecter connexion
dang_nhap |dearbh |deimhni |dilysu dogrula |dostep |drosib |eenmalig egiazta |egyszer_hasznal einmal ellenorz
|emparejar |engang |enkrat |ensalut |entrar| |erisim |eslestir |fanamarin fhior |fior_ |fiorai |fioraithe
freigabe |freigeb |gelitaan |giris |godkann |godkend |godkjenn |goed_te_keuren |goedkeur |guvenlik |hitelesit
|hozzafer |hyni |hyr_ |hyrje |hyvaksy |hyvaksyn identifi identit |ielog |igazol |ijerisi |ingia inici_de_sessio
inicia_sesion iniciar_sesion iniciar_sessao inicio_de_sesion inicio_de_sessao |inlog innlogg |innrita |innskra
|iwole |jednokrat |jednoraz |jovahagy |juurdepaas |keamanan |kertakaytto |keselamatan kich_hoat |kinnit |kirish
|kirjaudu kirjautu |koble_til |konferma konfirm |kontrolo |koppel |koppeln |koppla |kopplung |kuingia |kumpirma
|kwemeza |kwinjira |legitimat |link_your log-in |log_in |log_ind |logail |logg_inn |logga_in |logge_in
|logging_in |login |login_verif |logow |mag-log |mara_moja |masuk |megerosit |mewngofnodi |mfa| |mlebu monouso
mot_lan multi-factor |nbanye |ngena |nje_here |nje_perdor |nkwenye |odobr |odobren |onay one-time one_time
onetime |oryggis |overen |overit |overov |overte |paasy |pagpapatunay |pair_your |pairing |parear |parosit
|passwordless |patvirt |pengesahan |piekluv |piekļuv |pieslegs |pieteik |pistrast |potrd |potvr |potwierdz
|preverit |preverj |prieig |prihlas |prijav |prisijung |pristup |prosbas |qinisek |raslau |recovery registrier
|reset_your |sahkan saio-ha saioa |sakerhet |saugum |schval |secur |securit securitat seguranca seguretat
seguridad |seguridad segurtasun |sekali_pakai sekuriteit |sicherheit sicurezza |sign-in |sign-up |sign_in
|sign_up |signin |signing |siguri |sigurnos |sikkerhed |sikkerhet single-use single_use |sisaankirj |sisselog
|sparova |sparowa |stadfest |tabbatar |tasdiq |tassyk |tehlukesizlik |tek_kullanim |tesdiq |thibitish |tilgang
|tilknyt |todenn |toegang |toegangs |tunnist |turva |turvak |two-factor |two-step |uhekord |ukuphepha |un_sol_us
un_solo_uso |ungeno unica_folosint usage_unique |usalama uso_unico |uthibitish |uwierzyt vahvist |validat
valider |varnost |vattan |vattanar verefik |verifika verifikim verifiz |vienkart |vienreiz |vincular vérif
weryfik |wole xac_minh xac_nhan xac_thuc |xaqiiji |xaqiijin |xavfsiz |zalog |zatwierdz zugangs
# Greek
|ασφαλει |εγκρι |εισοδ επαληθευ επιβεβαι |μιας_χρησ |προσβασ |συνδεσ |ταυτοπ
# Cyrillic
|авториз |аднаразов |баталгаажуул |безбедн |безопасн |безпек |бяспек |бір_рет |верифик |верифік |влезете
|влизане |войти |вход |входа |входу |вхід |доступ |еднократ |кируу |кіру |најав |нэвтрэ |одноразов |одобр
|пацвердж подтвержд |потврд потвърж |привяз |пријав |підтвердж |рамзи_тасд |раслау |растау |сигурност |сопряж
|схвал |тасдик |тасдиқ |тассык |тастыктоо |уваход |уваходу |увійти |утверд |ырастоо |једнократ |қауіпсіз
# Georgian and Armenian
անվտանգ հաստատ մեկանգամյա մուտք նույնական ავტორიზ დადასტურ ერთჯერად ვერიფიკ უსაფრთხო შესვლ
# Hebrew
אבטחה אימות אישור_ התחבר חד-פעמי חד_פעמי כניסה לאמת |לאשר
# Arabic
احراز الامان الدخول امنيت تاكيد تاييد تاييدي تحقق تسجيل_الدخول تصديق تفعيل توثيق دلنيا دڵنيا سيكيورٹي لاگ_ان
للدخول |للموافق لمره_واحده مصادقه ورود يكبار پشتڕاست چوونهژوورهوه چوونەژوورەوە
# Ethiopic
መግቢያ ማረጋገጫ ምርግጋጽ ደህንነት ግባ
# India, Sri Lanka, Tibet
एक_बार पडताळ पुष्टि प्रमाणि प्रमाणी लगइन लॉग_इन लॉगिन वेरिफ सत्याप साइन_इन सुरक्षा নিরাপত্তা নিশ্চিত ভেরিফ যাচাই
লগ_ইন লগইন সত্যা ਤਸਦੀਕ ਪੁਸ਼ਟੀ ਲੌਗ ਸੁਰੱਖਿਆ ચકાસ પુષ્ટિ લૉગ_ઇન લૉગિન લોગિન સુરક્ષા ଯାଞ୍ଚ ଲଗଇନ ଲଗ୍ உறுதி உள்நுழை
சரிபார் பாதுகாப்பு ధృవీకర ధ్రువీకర నిర్ధార భద్రత లాగిన్ ದೃಢೀಕ ಪರಿಶೀಲ ಭದ್ರತಾ ಲಾಗಿನ್ പരിശോധ ലോഗിൻ സുരക്ഷാ സ്ഥിരീകര
ඇතුළු තහවුරු පිවිසු පුරනය සත්යාප සත්‍යාප
# Thailand, Laos, Cambodia, Myanmar
ครั้งเดียว ความปลอดภัย ตรวจสอบ ยืนยัน ลงชื่อเข้า เข้าสู่ระบบ ຄວາມປອດໄພ ຢືນຢັນ ເຂົ້າສູ່ လုံခြုံ ဝင်ရောက်
အကောင့်ဝင် အတည်ပြု ចូល បញ្ជាក់ ផ្ទៀងផ្ទាត់ សុវត្ថិភាព
# Chinese and Japanese
サインイン セキュリティ ログイン ワンタイム 一次性 动态 動態 安全 承認 本人 校驗 校验 検証 激活 登入 登录 登錄
确认 確認 認証 認證 认证 身份 驗證 验证
# Korean
로그인 보안 본인 인증 일회용 확인
"""

# One word (or phrase) that says it all.
OTP = """
# Latin letters
|2fa_code activation_code ajutine_parool ajutine_salasona aktivierungscode anmeldecode apstiprinajuma_kod
authentication_code behin-behineko_pasahitz bekraeftelseskode bekraftelsekod bekreftelseskode bestatigungscode
beveiligingscode bevestigingscode biztonsagi_kod chiptan clave_temporal cod_de_verif code_a_usage_unique
code_d'authent code_de_connexion code_de_secur code_de_verif |code_sms codi_de_verif codice_di_sicur codice_di_verif
codice_otp codigo_de_inicio codigo_de_segur codigo_de_verif |codigo_sms codul_de_verif confirmation_pin
contrasena_de_un_solo contrasena_provisional contrasena_temporal contrasenya_temporal contrasinal_temporal
cyfrinair_dros_dro device_code docasne_heslo dogrulama_kodu drosibas_kod eenmalige_code egyszeri_kod einmal-code
einmal-passwort einmalcode einmalkennwort einmalpasswort ellenorzo_kod ellenorzokod engangskod engangskode
engangskoden engangslosenord engangspassord fjalekalim_i_perkohshem fjalekalimi_i_perkohshem freischaltcode
gecici_parola gecici_sifre guvenlik_kodu haslo_sms haslo_tymczasowe ideiglenes_jelszo initialpasswort inlogcode
inloggningskod jednorazovy_kod jednorazowy_kod kata_laluan_sementara kata_sandi_sementara kertakayttoinen
kertakayttokoodi kod_bezpiecz kod_jednoraz kod_pengesahan kod_potwierdz |kod_sms kod_verifik kod_weryfik kode_masuk
kode_otp kode_verifikasi kontrolna_koda laikinas_slaptazodis log-in_code login_code ma_bao_mat ma_dang_nhap
ma_kich_hoat ma_otp ma_xac_minh ma_xac_nhan ma_xac_thuc mat_khau_tam mat_khau_tam_thoi megerosito_kod
mellombels_passord midlertidig_adgangskode midlertidig_passord midlertidige_adgangskode midlertidige_passordet
midlertidigt_kodeord mobiletan mot_de_passe_a_usage_unique mot_de_passe_provisoire mot_de_passe_temporaire |mtan
muveqqeti_parol onay_kodu one-time_code |one-time_passcode one-time_password one_time_code one_time_password
onetime_password -otp |otp- |otp| |otp: |otps| overovaci_kod overovací pagaidu_parole pairing_code
palavra-passe_temporaria parola_de_unica parola_temporara |passcode| passcodes| password_monouso password_provvisoria
password_temporanea patvirtinimo_kod phototan pinkode_til potvrdni_kod potvrdzovaci_kod potvrzovaci_kod
privremena_lozinka privremena_zaporka provizora_pasvorto pushtan |reset-code |reset_code |resetcode sakerhetskod
sandi_sementara security_code senha_de_uso_unico senha_temporaria sicherheitscode sign-in_code sign_in_code
signin_code sikkerhedskode sikkerhetskode single-use_code |sms-kod sms-password sms-passwort |sms-tan |sms_code
|sms_kod sms_password smstan |tac_ |tac| -tan| |tan- |tan_ |tan| tek_kullanimlik temporares_kennwort
temporares_passwort temporart_passwuert temporary_code temporary_passcode temporary_password tijdelijk_wachtwoord
tijdelijke_wachtwoord tillfalliga_losenord tillfalligt_losenord timabundid_lykilord |totp| turvakoodi
tydelike_wagwoord tymczasowe_haslo uhekordne vahvistuskoodi valiaikainen_salasana vaqtinchalik_parol verificatiecode
verification_code verification_pin verifieringskod verifikacijas_kod verifikacijski verifikationscode
verifizierungscode verify_code vorlaufiges_kennwort vorlaufiges_passwort zacasno_geslo
# Greek
κωδικο_επαλ κωδικοσ_επαλ προσωρινο_συνθηματικο προσωρινοσ_κωδικοσ
# Cyrillic
верификациони_код |временна_парола |временныи_пароль код_безопасн код_верифик код_для_вход код_доступа код_за_вер
код_за_потв |код_из_смс код_подтвержд код_підтвердж |код_смс одноразовый_код одноразовый_пароль
пароль_из_смс |привремена_лозинка |смс-код |смс-пароль |тимчасовии_пароль |түр_нууц_үг |уақытша_құпия_сөз
|уақытша_құпиясөз |убактылуу_сырсөз |часовы_пароль
# Hebrew
סיסמה_זמנית סיסמה_חד קוד_אימות קוד_חד
# Arabic
تصديقي_كوڈ رمز_التاكيد رمز_التحقق رمز_تحقق رمز_عبور_موقت رمز_ورود رمز_يكبار رمز_پويا عارضي_پاس_ورڈ كد_تاييد كد_ورود
كلمه_السر_الموقته كلمه_المرور_الموقته كلمه_مرور_لمره كلمه_مرور_موقته كود_التحقق گذرواژه_موقت
# India, Sri Lanka, Tibet
अस्थायी_पासवर्ड ओ_टी_पी ओटीपी অস্থায়ী_পাসওয়ার্ড ওটিপি ਓਟੀਪੀ ઓટીપી ஓடிபி தற்காலிக_கடவுச்சொல் ఓటీపీ
తాత్కాలిక_పాస్వర్డ్ ಒಟಿಪಿ ഒടിപി රහස්
# Thailand, Laos, Cambodia, Myanmar
รหัส_otp รหัสผ่านครั้งเดียว รหัสผ่านชั่วคราว รหัสยืนยัน
# Chinese and Japanese
セキュリティコード パスコード ワンタイムコード ワンタイムパスワード 临时密码 仮パスワード 动态密码 动态码 動態密碼
安全码 安全碼 校驗碼 校验码 検証コード 激活码 登入碼 登录码 短信验证码 确认码 確認コード 確認番号 確認碼 臨時密碼
認証キー 認証コード 認証番号 認證碼 认证码 驗證碼 验证码
# Korean
임시_비밀번호 임시비밀번호 보안_코드 보안코드 인증_번호 인증_코드 인증번호 인증코드 일회용 확인_코드
확인코드
"""

# What is said round codes: minutes, expiry, secrecy, "enter".
CUE = """
# Latin letters
|ablauf |berlaku |caduca |dakik |dakika |daqiiqo |daqiqa |deqiqe |derig do_not_share don't_share |ervenyes |expir
expire |galioj |galler |gecerli |geldig |gildir |giltig |gultig |gyldig hieu_luc |imizuzu |iseju |kehtib |laeuft
|lauft |menit |min| |minit |mins| |minti |minuta minute |minuti |minuto |minutt |minutu |minuty |minuut |munud
never_share |nkeji |noimead |perc |percig |phut| |plati |platn |scade |skadon |stops_working |valabil |valable |valid_
valid_for |valida |valido |vazi |velja |vence |verloopt |voimassa |wazne |wazny
# Greek
ισχυει |λεπτ
# Cyrillic
|важи |валиден |действ |дійсн |дійсний |минут |минөт |мүнөт |никому |нікому |хвилин |хүчинтэй
# Georgian and Armenian
րոպե წუთ
# Hebrew
בתוקף דקות דקיק
# Arabic
دقائق دقيق صالح صلاحيه معتبر منٹ
# Ethiopic
ደቂቃ
# India, Sri Lanka, Tibet
मान्य मिनट मिनेट মিনিট মেয়াদ ਮਿੰਟ મિનિટ நிமிட నిమిష ನಿಮಿಷ മിനിറ്റ മിനിറ്റ് මිනිත්තු
# Thailand, Laos, Cambodia, Myanmar
นาที ນາທີ မိနစ် នាទី
# Chinese and Japanese
分以内 分内 分鐘 分钟 分間 有効 有效 請勿 请勿
# Korean
분 유효
"""

# Minutes. What is here stands among the cues, too.
SOON = """
# Latin letters
|dakik |dakika |daqiiqo |daqiqa |deqiqe |imizuzu |iseju |menit |min| |minit |mins| |minti |minu |minut_ |minut|
|minuta |minutach minute |minute |minuti |minuto |minutt |minutu |minuty |minuut |munud |nkeji |noimead |perc
|percig |phut|
# Greek
λεπτ
# Cyrillic
|минут |минөт |мүнөт |хвилин
# Georgian and Armenian
րոպե წუთ
# Hebrew
דקות דקיק
# Arabic
دقائق دقيق منٹ
# Ethiopic
ደቂቃ
# India, Sri Lanka, Tibet
मिनट मिनेट মিনিট মিনিটের ਮਿੰਟ મિનિટ நிமிட నిమిష ನಿಮಿಷ മിനിറ്റ മിനിറ്റ് මිනිත්තු
# Thailand, Laos, Cambodia, Myanmar
นาที ນາທີ မိနစ် នាទី
# Chinese and Japanese
分以内 分内 分鐘 分钟 分間
# Korean
분
"""

# Enter, type, use.
ENTER = """
# Latin letters
|adja_meg |andika |ange| |anger |angi |anvand |bhala_ |brug_ |bruk_ |clois |copia_y_pega |copy |daxil_edin |daħħal
|defnyddiwch |dien_ |digita |digitare |digite |eingabe |eingeben |eintippen |enter| |entrer_ce |entrez |erabili
|escreva |escriba |escribe |escriu |escriviu |faka |folositi |gamitin |geben_sie |gebruik |geli_ |gepelje |gib_ |girin
|giriniz |giriz |gunakan |i-type |idatzi |ierakstiet |ievad |ilagay |indiquez |indtast |ingiza |ingresa |ingrese
|input| |insere |inserire |inserisci |insira |introdu_ |introduc |introduce |introduceti |introdueix |introduiu
|introduza |introduzca |introduzir |invoeren |iontrail |irasykite |ird_be |irja_be |isikan |iveskit |iveskite |kayta
|ketik |key_in |kiriting |kirjoita |knappa |kullanin |lebokna |masukkan |mata_in |mete_ |mewnbynnwch |napis |napiste
|nappaile |naputtele |ngenisa |nhap| |nutzen_sie |opiste |oppgi |paste |perdorni |podaj |pon_ |przepisz |punch_in
|rasykite |recopiez |renseignez |reportez |rhowch |riporta |saisir |saisis |saisissez |sartu |scrieti |scrivi_
|sebenzisa |shigar |shkruani |sisesta |skradu |skriv_de |skriv_in |skriv_inn |skriv_kod |skriv_siff |skriv_tal
|skriva_in |sla_inn |sladu |sladu_inn |su_dung |syota |tajpu |tapez |tast_ |tast_inn |tastati |teclea |teclee
|teclegeu |teipeail |teipiwch |tik_ |tinye |tipp_ |tippe| |tippen_sie |toets |trage_ |tragen_sie |trukkige |tumia
|tuslayin |typ_ |type| |unesite |unos |upisite |usa| |usd_be |use| |use_o |using| |usse_be |utilice |utilisez |utiliza
|utilize |utipkajte |uzyj |vendosni |verwenden_sie |vnesete |vnesite |vnos |voer_ |vpisite |vul_ |vul_de |weka|
|wpisan |wpisuj |wpisz |wprowadz |yazin |yaziniz |zadaj |zadajte |zadan |zadat |zadej |zadejte
# Greek
|γραψτε εισαγ |πληκτρολογ |χρησιμοποι
# Cyrillic
|вбеите |введ |введите |введіть |ввод |вкажіть |внесете |ворид_кунед |впиши |впишіть |въведете |въвежд |енгізіңіз
|используйте |киргизиңиз |набери |оруулна |уведен |уведіть |увядзіце |укажите |унесите
# Georgian and Armenian
մուտքագր օգտագործ გამოიყენეთ შეიყვანეთ ჩაწერეთ
# Hebrew
הזינו הזן הקלד הקלידו השתמש להזין
# Arabic
ادخال ادخل استخدم استعمال اكتب دابنێ داخل درج_كر دننه_كر وارد_كنيد وارد_نماييد
# Ethiopic
አስገባ ያስገቡ ይጠቀሙ
# India, Sri Lanka, Tibet
उपयोग टाइप टाका डालें दर्ज प्रविष्ट भरें लिखें টাইপ প্রবেশ বসান ব্যবহার লিখুন ਦਰਜ દાખલ உள்ளிட பயன்படுத்த ఉపయోగించ ఎంటర్
నమోదు ನಮೂದಿಸಿ ಬಳಸಿ ഉപയോഗി നല്‍കുക നൽകുക ඇතුළත්_කරන්න යොදන්න
# Thailand, Laos, Cambodia, Myanmar
กรอก ป้อน วางรหัส ใช้_ ใส่ ປ້ອນ ໃສ່ ထည့်သွင်း ရိုက်ထည့် បញ្ចូល ប្រើ
# Chinese and Japanese
使用 入力 填写 填寫 打ち込 輸入 输入 键入
# Korean
사용 입력
"""

# "Your code": nobody calls an order or a voucher so without another word.
YOURS = """
# Latin letters
|a_kodod |ang_iyong_code |az_on_kodja |codul_dumneavoastra |codul_dvs |codul_tau |dein_code |din_kod |din_kode
|do_chod |eich_cod |el_teu_codi |ihr_code |ikhodi_yakho |ikhowudi_yakho |il_suo_codice |il_tuo_codice |je_code
|jou_kode |jouw_code |jusu_kodas |jusu_kods |kod_anda |kode_anda |kode_kamu |koden_din |kodi_juaj |kodi_yt |kodingiz
|kodinn_thinn |kodja: |kodo_via |kodunuz: |koodisi ma_cua_ban |msimbo_wako |o_teu_codigo |panstwa_kod |seu_codigo
|sinu_kood |sizin_kod |su_codigo |teie_kood |ton_code |tu_codigo |tvoj_kod |tvoja_koda |tvuj_kod |twoj_kod |uw_code
|vas_kod |vasa_koda |via_kodo |votre_code |your_code |your_example_code |zure_kodea
# Greek
|ο_κωδικοσ_σασ |ο_κωδικοσ_σου
# Cyrillic
|ваш_код |вашиот_код |вашият_код |коди_шумо |рамзи_шумо |сиздин_код |сіздің_код |таны_код |твой_код |твоят_код
|твој_код |твій_код
# Georgian and Armenian
ձեր_կոդ თქვენი_კოდი
# Hebrew
הקוד_שלך הקוד_שלכם
# Arabic
الرمز_الخاص_بك الكود_الخاص_بك اپ_كا_كوڈ رمزك_هو كد_شما
# India, Sri Lanka, Tibet
आपका_कोड तपाईंको_कोड तुमचा_कोड আপনার_কোড ਤੁਹਾਡਾ_ਕੋਡ તમારો_કોડ உங்கள்_குறியீ మీ_కోడ్ ನಿಮ್ಮ_ಕೋಡ್ നിങ്ങളുടെ_കോഡ് ඔබේ_කේතය
# Thailand, Laos, Cambodia, Myanmar
รหัสของคุณ ລະຫັດຂອງທ່ານ
# Chinese and Japanese
あなたのコード
# Korean
코드는
"""

# Password.
UNLOCKING = """
# Latin letters
|adgangskode contrasena |fjalekalim geslo |hasla |haslo |hesla |heslo |jelszo |kata_laluan |kata_sandi |kennwort
|losenord lozink mat_khau |mot_de_passe |nenosiri |parole |parolunuz |parool |passord |passwor |passwort
|salasana |senha| |sifreniz |slaptazod |wachtwoord
# Cyrillic
|парола |пароль |пароля
# Hebrew
סיסמה
# Arabic
رمز_عبور كلمه_مرور گذرواژه
# India, Sri Lanka, Tibet
पासवर्ड পাসওয়ার্ড
# Thailand, Laos, Cambodia, Myanmar
รหัสผ่าน
# Chinese and Japanese
パスワード 密码 密碼
# Korean
비밀번호
"""

# Where a code is typed: page, app, window, field, form.
SCREEN = """
# Latin letters
|alanina |alkalmazas |aplicaci |aplicati |aplikac |aplikacji |aplikasi |app| |app, |applicazione |browser |campo|
|casella |casilla |champ| |ecran |eingabefeld |ekran |ekranie |feld| |feltet |fenetre |fenster| |field| |finestra
|form| |formulaire |formular |formulario |halaman |janela |kastchen |kenttaan |kepernyo |laman |lapa |layar |lehel
|lietotn |man_hinh |mezobe |naytolla |obrazovce |okienk |okne| |oknie |oldalon |page| |pagina |pantalla |pencere
|poli| |polick |polu| |portal| |programele |puslapy |rakenduses |ruta |rutan |sayfa |scherm |schermata |screen |seite|
|sidan |siden| |sivulla |sivulle |skarmen |skjerm |skrini |sovelluks |strance |stranke |strone |stronie |svetaine
|tela| |trang |ukurasa |ung_dung |uygulama |vakje |veld| |venster |ventana |webseite |website |when_prompted
|where_prompted |where_you're_asked |where_you_are_asked |window|
# Greek
|εφαρμογ |οθον |πεδι |σελιδα
# Cyrillic
|вікні |додатк |екран |застосун |кутиик |окне |поле| |поле_ввода |полето |приложени |сторін |стран |страниц |экран
# Hebrew
דף_ האפליקציה המסך
# Arabic
التطبيق الشاشه برنامه_ صفحه
# India, Sri Lanka, Tibet
ऐप पेज পৃষ্ঠা স্ক্রিন பக்க
# Thailand, Laos, Cambodia, Myanmar
หน้า แอป
# Chinese and Japanese
アプリ ページ 画面 界面 網頁 网页 頁面 页面
# Korean
앱에 페이지 화면
"""

# Tell nobody.
KEEP = """
# Latin letters
|a_nadie |a_nessuno |a_ninguem |a_personne |aan_niemand |ala_jaa |ala_kerro |aldri_ |aldrig_ |amb_ningu |an_niemanden
|arge_avalda |arge_jaga |askujt |com_ninguem |con_nadie |con_nessuno |deel_deze |deel_hem |deildu_ekki |del_den_ikke
|del_ikke |dela_den_inte |dela_inte |do_not_disclose |do_not_forward |do_not_give |do_not_reveal |do_not_share
|do_not_tell |don't_share |don't_tell |engum |geben_sie_ihn_nicht |geef_nooit |gib_ihn_nicht |hec_kim |hech_kim
|hwag_ibahagi |jamais_ce_code |jamais_communiqu |jangan |jangan_beri |keep_it_secret |keep_this_code |kellelegi
|kenellekaan khong_chia_se |kimse_ile |kimseyle |lamna_aldrig |lamna_inte |met_niemand |moenie |nao_compartilh
|nao_informe |nao_partilh |ne_adja |ne_communiquez |ne_delite |ne_donnez |ne_le_communiquez |ne_ossza |ne_partagez
|ne_transmettez |neizpaud |neprezrad |nesdelujte |nesdilejte |nesidalin |never_ask_you |never_disclose |never_give
|never_reveal |never_share |never_tell |nevienam |nezdiel |nicht_weiter |nie_podawaj |nie_udostep |nie_weitergeben
|niekam |niemals_weiter |niemandem |nikome |nikomu |nikomur |nimanui |no_compart |no_el_compart |no_lo_compart
|nobody_else |non_comunic |non_condivid |nooit_ |not_share |nu_comunic |nu_dezvalu |nu_divulg |nu_il_divulg
|nunca_compart |nunca_facilite |nunca_informe |nunca_revele |paylasmayin |senkinek |usimpe |usishiriki
|verrate_niemand |will_never_ask
# Greek
|μη_κοινοποι |μην_κοινοποι |μην_τον |σε_κανεναν
# Cyrillic
|ба_касе |ешкімге |на_никого |не_го_споделя |не_передав |не_передавай |не_повідомл |не_сообща |не_споделу |не_споделя
|никогда |никоме |никому |никому_не |нікога |нікому |хэнд_ч |эч_кимге
# Georgian and Armenian
ոչ_մեկ არ_გაუზიარ არავის
# Hebrew
אל_תמסר אל_תשתפ לאף_אחד
# Arabic
اي_شخص به_كسي كسي_كو كسي_نگو لا_تشارك لا_تعط لا_تفصح لاحد هيچكس
# India, Sri Lanka, Tibet
किसी_के_साथ किसी_को कोणाला साझा_न साझा_नहीं কাউকে কারও_সাথে யாரிடமும் யாருடனும் ఎవరికీ ఎవరితో ಯಾರೊಂದಿಗೂ ആരുമായും
# Thailand, Laos, Cambodia, Myanmar
ห้ามบอก อย่าบอก อย่าเปิดเผย อย่าแชร์
# Chinese and Japanese
不要告 他人に 共有しないで 切勿 勿向任何人 教えないで 第三者に教え 請勿向 請勿將 請勿提供 請勿洩漏 请勿向 请勿告
请勿将 请勿提供 请勿泄露 请勿转
# Korean
공유하지 누구에게도 알려주지 타인에게
"""
