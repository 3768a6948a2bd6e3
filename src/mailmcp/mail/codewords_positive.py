"""Words that stand by one-time codes, in many languages (notation: see ``codewords``)."""

from __future__ import annotations

# A noun for code, PIN or password: alone it may still be a voucher's.
CODE = """
code kode koda| |kod kod| kode| koden| koder| kodinn kodann kodja| kodot| kodjat| -kod
codigo codi| codice |codul |cod| codului kood| koodi tunnusluku kooi kodo| kaody waehere cod- -cod
|pin| |pins| |pin-code| |pincode| pinkod pin-kod |nip| geheimzahl zahlenfolge ziffern
|clave| |chave| |chod kota| кодот |koda_te |рамз كۆد קאָד ཨང |kota |token| |kode- |kodenya |key:| |sifre
sifreniz sifresi |sifra|
κωδικ |код -код |пін| |пин| шифр
კოდ კოდი կոդ ծածկագիր գաղտնաբառ
קוד קאד
رمز كود الرقم_السري رقم_سري كد كوڈ كوډ رمزك پن
कोड कोड् पिन संकेत ওটিপি কোড পিন ক’ড কোডটি કોડ ਕੋਡ குறியீ கோட் కోడ్ కోడు ಕೋಡ್ ಸಂಕೇತ കോഡ് കോഡ കേഡ് කේත කේතය
කෝඩ් କୋଡ୍ କୋଡ
รหัส ລະຫັດ កូដ លេខកូដ ကုဒ် ကုတ်
|ma_so| |ma_cua| |ma_nay |kode_ini |msimbo |nambari_ya ikhodi ikhowudi koodh koodhka |koodu |lambar ኮድ ኮዱ
አሃዝ
码 碼 口令 コード 暗証番号 暗号 코드
"""

# Verification, sign-in, security, identity.
VERIFY = """
|pairing |pair_your |link_your |koppel |koble_til |koppla |tilknyt |parear |emparejar |vincular |appair
|abbina |kopplung |koppeln |sparowa |sparova |parosit |eslestir |привяз |сопряж |access| |рамзи_тасд ଯାଞ୍ଚ
ଲଗଇନ ଲଗ୍ fhior |fior_ |vattanar دڵنيا پشتڕاست چوونەژوورەوە |pistrast |tesdiq |fanamarin |тассык |tassyk
|raslau ምርግጋጽ |login_verif vérif verefik autent authent authoriz authoris autoriz confirm conferm konfirm
|log_in |logging_in |login log-in |sign_in |sign-in |signin
|sign_up |signing |sign-up one-time one_time single-use single_use onetime |secur activat aktivi activac
ativac attivaz
|2fa |2-step |two-factor |two-step multi-factor |mfa| identit |passwordless |recovery |reset_your |validat
bestatig verifiz anmeld |sicherheit einmal zugangs freigabe |legitimat registrier
connexion connecter usage_unique |securit valider identifi |acces |acceder
acceso iniciar_sesion inicio_de_sesion inicia_sesion seguridad un_solo_uso |acesso |entrar| seguranca
uso_unico iniciar_sessao inicio_de_sessao
accesso accedere sicurezza monouso |acceso| inici_de_sessio seguretat |un_sol_us saio-ha saioa egiazta
berrets segurtasun
autentific conectare conecta securitat unica_folosint |bevestig |inlog |aanmeld |beveilig |eenmalig |toegang
aanteken sekuriteit
bekraeft |bekreft |bekraft |log_ind |logge_in |logg_inn |logga_in innlogg |engang |sikkerhed |sikkerhet
|sakerhet |godkend |godkjenn |innskra |stadfest |oryggis |audkenn |vattan |innrita
vahvist |kirjaudu kirjautu |sisaankirj |kertakaytto |turvak |todenn |tunnist |kinnit |sisselog |uhekord
|turva
weryfik |potwierdz |logow |zalog |jednoraz |bezpiecz |uwierzyt |overen |overit |overte |overov |potvr
|prihlas |bezpec
ellenorz |megerosit |bejelentkez |belep |egyszer_hasznal |biztonsag |hitelesit |azonosit |igazol
|preverj |preverit |potrd |prijav |enkrat |varnost |jednokrat |sigurnos |bezbed |patvirt |aktyvin |prisijung
|vienkart |saugum |apstipr |pieteik |pieslegs |piekļuv |ielog |vienreiz |drosib
|hyrje |hyni |hyr_ |siguri |nje_here |nje_perdor verifikim
dogrula |onay |giris |tek_kullanim |guvenlik |tehlukesizlik |birdefelik |tasdiq |kirish |xavfsiz
|bir_martalik
επαληθευ επιβεβαι |συνδεσ |εισοδ |ασφαλει |μιας_χρησ |ταυτοπ
подтвержд |верифик |вход |входа |входу |войти |авториз |одноразов |безопасн |підтвердж |верифік |вхід
|увійти |безпек |пацвердж |уваход |уваходу |аднаразов |бяспек
потвърж |влизане |влезете |еднократ |сигурност |потврд |најав |безбедн |пријав |једнократ |растау |кіру
|қауіпсіз |бір_рет |ырастоо |тастыктоо |кируу |тасдиқ |тасдик |баталгаажуул |нэвтрэ |раслау
დადასტურ ავტორიზ შესვლ ვერიფიკ ერთჯერად უსაფრთხო հաստատ մուտք նույնական անվտանգ մեկանգամյա
אימות אישור_ כניסה התחבר חד_פעמי חד-פעמי אבטחה לאמת
تحقق تاكيد تسجيل_الدخول للدخول الدخول الامان لمره_واحده مصادقه تفعيل توثيق تاييد ورود يكبار امنيت احراز
تصديق لاگ_ان سيكيورٹي تاييدي چوونهژوورهوه دلنيا
सत्याप पुष्टि लॉगिन लॉग_इन साइन_इन सुरक्षा एक_बार प्रमाणी प्रमाणि वेरिफ पडताळ लगइन যাচাই নিশ্চিত লগইন লগ_ইন
নিরাপত্তা ভেরিফ সত্যা
ચકાસ પુષ્ટિ લૉગિન લોગિન લૉગ_ઇન સુરક્ષા ਪੁਸ਼ਟੀ ਤਸਦੀਕ ਲੌਗ ਸੁਰੱਖਿਆ சரிபார் உள்நுழை உறுதி பாதுகாப்பு ధృవీకర
ధ్రువీకర లాగిన్ నిర్ధార భద్రత ಪರಿಶೀಲ ದೃಢೀಕ ಲಾಗಿನ್ ಭದ್ರತಾ സ്ഥിരീകര പരിശോധ ലോഗിൻ സുരക്ഷാ සත්‍යාප සත්යාප තහවුරු
පිවිසු පුරනය ඇතුළු
ยืนยัน เข้าสู่ระบบ ความปลอดภัย ครั้งเดียว ตรวจสอบ ลงชื่อเข้า ຢືນຢັນ ເຂົ້າສູ່ ຄວາມປອດໄພ ផ្ទៀងផ្ទាត់ ចូល
បញ្ជាក់ សុវត្ថិភាព အတည်ပြု ဝင်ရောက် လုံခြုံ အကောင့်ဝင်
xac_minh xac_thuc xac_nhan dang_nhap bao_mat mot_lan kich_hoat |masuk |keamanan |sekali_pakai |pengesahan
|keselamatan |sahkan |mlebu |beripik |kumpirma |mag-log |seguridad |pagpapatunay
|uthibitish |thibitish |kuingia |ingia |usalama |mara_moja |qinisek |ngena |ukuphepha |ungeno |xaqiiji
|xaqiijin |gelitaan |tabbatar |ijerisi |iwole |wole |nkwenye |nbanye |kwemeza |kwinjira ማረጋገጫ መግቢያ ግባ ደህንነት
|dilysu |mewngofnodi |cadarnhau |fiorai |fioraithe |logail |deimhni |dearbh |verifika |konferma |bestateg
|kontrolo |ensalut
验证 驗證 认证 認證 登录 登入 登錄 校验 校驗 动态 動態 确认 確認 安全 激活 一次性 身份 認証 ログイン
サインイン ワンタイム 本人 セキュリティ 検証 인증 확인 로그인 보안 일회용 본인
"""

# One word (or phrase) that says it all.
OTP = """
|otp| |otps| |otp- -otp |otp: |passcode| passcodes| |one-time_passcode |tan| |tan- -tan| |mtan pushtan
smstan chiptan phototan |totp| |2fa_code |pac| |tan_
one-time_password one_time_password one-time_code one_time_code onetime_password single-use_code
verification_code verify_code security_code temporary_code device_code pairing_code activation_code
authentication_code login_code log-in_code sign-in_code sign_in_code signin_code confirmation_pin
temporary_password temporary_passcode verification_pin |tac| |tac_ |kod_sms |sms_kod |sms-kod |sms_code
|sms-tan |code_sms |codigo_sms |смс-код |код_из_смс |код_смс 短信验证码
einmalpasswort einmalcode einmalkennwort einmal-passwort einmal-code sicherheitscode bestatigungscode
verifizierungscode anmeldecode verifikationscode freischaltcode aktivierungscode
code_de_verif code_de_secur code_de_connexion code_a_usage_unique mot_de_passe_a_usage_unique code_d'authent
codigo_de_verif codigo_de_segur codigo_de_inicio contrasena_de_un_solo senha_de_uso_unico senha_temporaria
codice_di_verif codice_di_sicur codice_otp password_monouso codi_de_verif cod_de_verif codul_de_verif
parola_de_unica
engangskode engangskod engangspassord engangslosenord engangskoden kertakayttokoodi kertakayttoinen
vahvistuskoodi turvakoodi uhekordne verificatiecode beveiligingscode inlogcode bevestigingscode
eenmalige_code
bekraeftelseskode bekreftelseskode sikkerhetskode sikkerhedskode verifieringskod bekraftelsekod sakerhetskod
inloggningskod pinkode_til
kod_weryfik kod_jednoraz kod_potwierdz kod_bezpiecz kod_autoryz jednorazowy_kod overovaci_kod overovací
jednorazovy_kod potvrzovaci_kod potvrdzovaci_kod ellenorzo_kod megerosito_kod ellenorzokod biztonsagi_kod
egyszeri_kod
dogrulama_kodu onay_kodu guvenlik_kodu tek_kullanimlik kod_verifik kontrolna_koda verifikacijski
potvrdni_kod patvirtinimo_kod verifikacijas_kod apstiprinajuma_kod drosibas_kod
κωδικοσ_επαλ κωδικο_επαλ код_подтвержд код_верифик код_доступа код_безопасн одноразовый_пароль
одноразовый_код код_підтвердж код_для_вход код_за_потв код_за_вер верификациони_код
קוד_אימות קוד_חד סיסמה_חד رمز_التحقق رمز_تحقق كود_التحقق رمز_التاكيد كلمه_مرور_لمره كد_تاييد رمز_يكبار
رمز_پويا رمز_ورود كد_ورود تصديقي_كوڈ
ओटीपी ओ_टी_पी ওটিপি ஓடிபி ఓటీపీ ಒಟಿಪಿ ഒടിപി ઓટીપી ਓਟੀਪੀ රහස්
รหัสยืนยัน รหัส_otp รหัสผ่านครั้งเดียว ma_xac_minh ma_xac_thuc ma_xac_nhan ma_otp ma_dang_nhap ma_bao_mat
ma_kich_hoat kode_verifikasi kode_otp kode_masuk kod_pengesahan
验证码 驗證碼 校验码 校驗碼 动态码 动态密码 動態密碼 认证码 認證碼 确认码 確認碼 安全码 安全碼 登录码 登入碼
激活码 認証コード 確認コード 認証番号 確認番号 ワンタイムパスワード ワンタイムコード パスコード 認証キー
セキュリティコード 検証コード 인증번호 인증_번호 인증코드 인증_코드 확인코드 확인_코드 보안코드 보안_코드
일회용
"""

# What is said round codes: minutes, expiry, secrecy, "enter".
CUE = """
minute |mins| |min| expire |expir valid_for |valid_ do_not_share don't_share never_share |ablauf |gultig
|laeuft |lauft |valable |caduca |vence |valido |valida |scade |valabil |geldig |verloopt |gyldig |giltig
|galler |voimassa |kehtib |gildir |wazny |wazne |platn |plati |ervenyes |perc |percig |velja |vazi |galioj
|derig |skadon |gecerli |dakika |deqiqe |daqiqa
ισχυει |λεπτ |действ |минут |хвилин |дійсн |дійсний |валиден |важи |никому |нікому |мүнөт |минөт |хүчинтэй
წუთ րոպե דקות בתוקף דקיק دقيق دقائق صالح صلاحيه معتبر منٹ मिनट मान्य मिनेट মিনিট মেয়াদ મિનિટ ਮਿੰਟ நிமிட
నిమిష ನಿಮಿಷ മിനിറ്റ് മിനിറ്റ මිනිත්තු
นาที ນາທີ នាទី မိနစ် |phut| hieu_luc |menit |minit |berlaku |dakik |imizuzu |daqiiqo |minti |iseju |nkeji
ደቂቃ |munud |noimead |minutt |minuut |minuta |minuti |minuto |minuty |minutu 分钟 分鐘 分内 分以内 分間 有効
有效 분 유효 請勿 请勿
"""

# Enter, type, use.
ENTER = """
|enter| |type| |use| |key_in |input| |using| |copy |paste
|geben_sie |gib_ |eingeben |eingabe |eintippen |verwenden_sie |nutzen_sie |saisissez |saisir |saisis |entrez
|entrer_ce |utilisez |tapez |introduce |introduzca |introduza |introduzir |introdueix |ingresa |ingrese
|escribe |escriba |usa| |utiliza |utilice |utilize |digite |digita |insira |insere |inserisci |inserire
|digitare |use_o |voer_ |vul_ |gebruik |invoeren |ange| |anger |skriv_in |mata_in |knappa |indtast |tast_
|skriv_inn |tast_inn |oppgi |angi |brug_ |bruk_ |anvand |syota |kirjoita |nappaile |kayta |sladu_inn
|sisesta |trukkige |ievad |iveskit |iveskite |wpisz |podaj |wprowadz |uzyj |zadejte |zadajte |zadat |opiste
|adja_meg |irja_be |usse_be |introduceti |introdu_ |tastati |folositi |vnesite |unesite |upisite |vnesete
|vendosni |shkruani |perdorni |daħħal
εισαγετε |πληκτρολογ |χρησιμοποι |въведете |введите |введіть |вкажіть |укажите |наберите |используйте
|увядзіце |унесите |внесете |енгізіңіз |киргизиңиз |ворид_кунед |оруулна |girin |giriniz |yazin |yaziniz
|kullanin |daxil_edin |kiriting |giriz შეიყვანეთ ჩაწერეთ გამოიყენეთ մուտքագր օգտագործ
הזן הזינו הקלד הקלידו השתמש ادخل ادخال استخدم اكتب وارد_كنيد وارد_نماييد درج_كر استعمال دننه_كر داخل دابنێ
दर्ज डालें टाइप उपयोग प्रविष्ट टाका লিখুন প্রবেশ টাইপ ব্যবহার દાખલ ਦਰਜ உள்ளிட பயன்படுத்த నమోదు ఎంటర్
ఉపయోగించ ನಮೂದಿಸಿ ಬಳಸಿ നൽകുക നല്‍കുക ഉപയോഗി ඇතුළත්_කරන්න යොදන්න
ป้อน กรอก ใส่ ใช้_ ປ້ອນ ໃສ່ បញ្ចូល ប្រើ ရိုက်ထည့် ထည့်သွင်း |nhap| |su_dung |dien_ |masukkan |gunakan |ketik
|lebokna |ilagay |i-type |gamitin |weka| |ingiza |tumia |andika |faka |sebenzisa |ngenisa |tik_ |geli_
|shigar |te_ |tinye |rhowch |teipiwch |defnyddiwch |iontrail |clois |sartu |idatzi |erabili |tajpu ያስገቡ አስገባ
ይጠቀሙ
输入 輸入 填写 填寫 键入 使用 入力 打ち込 입력 사용
"""

# "Your code": nobody calls an order or a voucher so without another word.
YOURS = """
|your_code |ihr_code |dein_code |votre_code |ton_code |tu_codigo |su_codigo |seu_codigo |o_teu_codigo
|el_teu_codi |il_tuo_codice |il_suo_codice |je_code |uw_code |jouw_code |jou_kode |din_kod |din_kode
|koden_din |koodisi |kodinn_thinn |teie_kood |sinu_kood |jusu_kods |jusu_kodas |twoj_kod |panstwa_kod
|vas_kod |tvuj_kod |tvoj_kod |az_on_kodja |a_kodod |kodja: |codul_tau |codul_dvs |codul_dumneavoastra
|vasa_koda |tvoja_koda |kodi_juaj |kodi_yt |ваш_код |твой_код |вашият_код |твоят_код |вашиот_код |твій_код
|твој_код |сіздің_код |сиздин_код |таны_код |коди_шумо |рамзи_шумо
|ο_κωδικοσ_σασ |ο_κωδικοσ_σου |kodunuz: |sizin_kod |kodingiz თქვენი_კოდი ձեր_կոդ הקוד_שלך הקוד_שלכם رمزك_هو
الرمز_الخاص_بك الكود_الخاص_بك كد_شما اپ_كا_كوڈ आपका_कोड तुमचा_कोड तपाईंको_कोड আপনার_কোড તમારો_કોડ ਤੁਹਾਡਾ_ਕੋਡ
உங்கள்_குறியீ మీ_కోడ్ ನಿಮ್ಮ_ಕೋಡ್ നിങ്ങളുടെ_കോഡ് ඔබේ_කේතය รหัสของคุณ ລະຫັດຂອງທ່ານ ma_cua_ban |kode_anda
|kode_kamu |kod_anda |ang_iyong_code |msimbo_wako |ikhodi_yakho |ikhowudi_yakho |zure_kodea |eich_cod
|do_chod |via_kodo |kodo_via あなたのコード 코드는
"""

# Password.
UNLOCKING = """
contrasena |senha| |haslo |heslo |hasla |hesla lozink geslo |пароль |пароля |парола סיסמה كلمه_مرور 비밀번호
|passwor |passwort |kennwort |salasana |losenord |passord |adgangskode |jelszo |slaptazod |parool |parole
|fjalekalim |mot_de_passe |wachtwoord |sifreniz |parolunuz पासवर्ड পাসওয়ার্ড รหัสผ่าน mat_khau |kata_sandi
|kata_laluan |nenosiri パスワード 密码 密碼 گذرواژه رمز_عبور
"""
