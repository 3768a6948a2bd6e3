"""Words on and round links, in many languages.

Notation: ``|`` marks where a word begins or ends, ``_`` is a blank; lines that begin with ``#`` are comments. All is
lower case and without accents. Full account: ``codewords``.
"""

from __future__ import annotations

from mailmcp.mail.onetime import codewords_negative, codewords_positive, codewords_trade
from mailmcp.mail.onetime.codewords import Kind, Lexicon

# Confirm, activate, sign in, reset, password, accept, join, invitation, register.
_ACTION = """
# Latin letters
|aanmeld |aansluit |aanvaard |abonnez-moi |acceder |accedi |accept |accepta |accepteer |accepter |acceptera |acceptez
|acceso |accesso |accetta |aceder |aceita |aceitar |aceite |acepta |aceptar |acessar |acesso |activa| |activar
|activare |activat |activati |active_ |activeaza |activeer |activer |activez |adgangskode |agree_ |ailosod |akceptu
|akceptuj |aktibatu |aktifkan |aktiflestir |aktivac |aktival |aktivasi |aktiveer |aktiveeri |aktiver |aktivier
|aktivira |aktiviz |aktivizo |aktivles |aktivoi |aktivova |aktyvin |aktyvuo |aktywac |aktywuj |akzeptier |alatur
|alatura |alta| |amilish |anmeldelink |anmelden |annehmen |ano,_chci |approve |apstiprin |aterstall |ath-shuidhich
|athshocraigh |atiestat |ativa |ativar |ative |atkur |attiva |atur_ulang |autentific |authorise |authorize |aċċett
|bashkohu |batu |beitreten |bejelentkez |bekraeft |bekraft |bekreft |belep |bergabung |beripika |berpa |berretsi
|berrezarri |bestateg |bestatig |bevestig |bli_med |bod| |bod_ |boð |cadarnha |cadastro |casuumaad chap_nhan
|claim_your |cofrestr |complete_your |conectare |conecteaza |conferma |confermare |confirm |confirma |confirmar
|confirmati |confirme |confirmer |confirmez |connecte-moi |connecter |connectez |connectez-moi |connexion |consent
|consentir |continue_to |contrasena |contrasenya |contrasinal |convid |convite |create_my_account |create_your_account
|csatlakoz |cuireadh |cyfrinair |daftar dang_ky dang_nhap dat_lai |davet |dearbh |deelnemen |deimhnigh |delta| |deltag
|derbyn |devet |dilys |diundang |dogrula |dolacz duoc_moi |egiaztatu |eingeladen |einladung |einloggen |einwillig
|elfogad |emeza |endurstil |ensalut |entra_ |entrar| |erayga_sirta |erositse |etkinlestir |faollash |finish_setting
|finish_sign |fioraigh |fjalekalim |freischalt |ftes |ftua |ga_med |gabung |gayyat |gba_ |geli |gesla |geslo |giris
|glac_ |godkann |godta |gonbid |gwahodd |gweithredu |hasla |haslo |herstel |hesl |hyvaksy |i-activate |i-reset
|i-verify |ielug |ijambobanga |ijerisi |ikkonferma |imbit |inbjud |ingia |ingħaqad |inicia |inicia_sesion
|inicia_sessio |iniciame |iniciar_sesion |iniciar_sessao |inicio_de_sesion |inimbit |injira |inlog |inloggen |innbyd
|inregistr |inscreva-me |inscrever-me |inscription |invit |invitacion |invitado |invitation |invitato |invite |invite_
|invited |inviter |invito |ipaswedi |iphasiwedi |iphasiwethi |iscrivimi |isimemo |issettja |ja,_ich |ja,_ik |ja,_jag
|ja,_jeg |jelszo |jemput |jerisi |jiunge |join| |join_ |joyina |junta-te |juntar |kabul_et |kalmar_sirri |kata_laluan
|kata_sandi |katil |kaydinizi |kennwort kich_hoat |kinnita |kinnitage |kirish |kirjaa_minut |kirjaudu |kirjautu
|konfirm |konfirmasi |konfirmu |kubali |kuingia |kumpirma |kuthibitish |kutse |kutsu |kvietim |kwemeza |kylla,_
|lahtesta |lebokake |let_me_in |liitu |liity |log_in |log_ind |log_masuk |log_me_in |log_mig_ind |log_mij_in |logail
|logg_in |logg_inn |logg_meg_inn |logga_in |logga_in_mig |logi_sisse |login |logowani loi_moi |losenord |lozink
|lykilord |mag-log |magic_link |masuk mat_khau |megerosit |meghiv |meld_aan |meld_me_aan |melde_mich_an |mewngofnodi
|mot_de_passe |mwaliko |nabata |nastavit |nenosiri |ngena |nkwenye |nollaa |noustu |nulstil |nywila |obnov |obnovit
|okwuntughe |onartu |onay |onayla |oroigbaniwole |oturum |oui,_je |over_ |overit |overte |pakvie |palauta
|palavra-passe |parol |parola |parool |participar |pasahitza |pasfhocal |passord |password |passwort |passwuert
|pasvort |patvirt |pengesahan |pienem |piener |pieslegt |pieteik |pievienot |ponastav |ponisti |potrdi |potrdit
|potvrd |potvrdi |potvrz |potwierdz |povabil |poveznic |poziv |pozvan |prano |pridruzi |prihlas |prihlasit_me
|prihvati |priimti |prijat |prijava |prijavi |prijmi |prijmout |pripoj |prisijung |przyjmij |qabul |qebul |qeydiyyat
|qinisek |qo'shil |qosul |recover |redefin |registo |registr |registrac |registrazione |registreeri |registrer
|registrier |registrir |registro |regisztr |regjistr |reimposta |reinitialis |rejestrac |rejoignez |rejoindre
|rekisteroi |repor |reset |resetare |resetati |reseteaza |resetira |resetova |resetowan |resetuj |restablec
|restableix |restore_access |ripristina |rivendos |ro'yxat |royxat |sahkan |saioa |salasana |samthykk |samtycke
|samtykke |sandi |schrijf_me_in |schrijf_mij_in |senha| |sertai |set_up_my_account |set_up_your |setel_ulang
|setha_kabusha |shiga |si,_confermo |si,_quiero |si,_voglio |sifirla |sifre |sign-in |sign_in |sign_me_in |sign_up
|signin |sim,_quero |skraning |slaptazod |sluit_aan |souhlas |sprejmi |stadfest |stedin |step_in |subscribe_me
|subscription_confirm |sumali |suscribeme |suscribirme |tabbatar |tackan_ja |tak,_chce |takk_ja |taklif |tanggapin
|tasdiq |teken_in |tembung_sandi |terima |tesdiq |tetapkan_semula tham_gia |thibitish |tiklash |tilbakestill |tilslut
|toestemming |trag_mich |tragen_sie_mich |ubutumire |uitgenodig |uitnodig |ukuqinisek |umealik |umenyiwe |undang
|uneix |unete |unirse |unirte |unisciti |unlock |uthibitish |uyelik |uzaicin |vabil |vahvist |validate |valider
|validez |verifica |verificar |verification |verifik |verifikasi |verifique |verify |virkja |visszaallit |vota_vastu
|votke_vastu |wachtwoord |wagwoord |washa |weka_upya |wemeze xac_minh xac_nhan xac_thuc |xaqiiji |xuntate |yamukela
|yenile |yes,_ |yes,_i |yes,_subscribe |ymuno |ymunwch |zaakceptuj |zaloguj |zaloguj_mnie |zapisz_mnie |zaprosz |zgode
|zresetuj |zurucksetz |zustimm
# Greek
|αποδεκτ |αποδεχ |αποδοχ |εγγραφ |ενεργοποι επαληθευ |επαναφορ επιβεβαι |κωδικο_προσβασ |προσκαλ |προσκλη |συμμετ
|συνδεσ
# Cyrillic
|активац |активир |активу |баталгаажуул |белсендір |бүртгэл |влез |влизане |войти |воридшав |восстанов |вход |входа
|вхід |възстан |віднов |да,_подписать |да,_хочу |далуч |даъват |запраш |запрош |зовшоор |идэвхж |кабыл_ал |калыбына
|кируу |кирүү |кошул |кіру |лозинк |најав |нулир |нууц |нууц_уг |нэвтрэ |нэгдэ |парол |пароль |пароля |пацвер
|подписать_меня |подпишите_меня |подтвер |позив |покан |потврд |потвърд |приглаш |придруж |приемане |приемете |приеми
|прийняти |прими_ |принять |присоедин |присъедин |прифат |прихват |приєдн |пријав |прыня |підтвер |рамз |раста |растау
|регистрац |регистрир |ресет |реєстрац |рэгістр |сброс |скидан |скинут |скід |скінуц |сырсоз |сэргээ |тасдиқ |тастыкта
|тіркел |увайс |уваход |увійти |уриж |урилга |чакыр |шақыр |ырасто |қабул |қабылда |қалпына |қосыл |құпия_соз
|құпиясоз
# Georgian and Armenian
ակտիվ գաղտնաբառ գրանց ընդուն հաստատ հրավ միանալ միացե մուտք վերականգ აქტივ აღადგინ აღდგენ გააქტიურ დაადასტურ დადასტურ
ვერიფიკ მიიღ მიღებ მოგიწვ მოწვევ პაროლ რეგისტრაც შედი შესვლ შეუერთდ
# Hebrew
אימות איפוס אישור אמת_ אשר_ הוזמנת הזמין הזמינ הזמנה_ל הפעל הפעלת הצטרף הצטרפ הרשמה הרשמת התחבר כניסה לאמת לאפס לאשר
להצטרף להתחבר סיסמה סיסמת קבלת_ההזמנה
# Arabic
اعاده_تعيين اكد الانضمام انضم بازنشاني بازيابي بحال تاكيد تاييد تحقق تسجيل تسجيل_الدخول تصديق تفعيل ثبت_نام ثبتنام
دخول_ دعاك دعوت دعوت_نامه دعوه دوباره_ترتيب رجسٹر رمز_عبور ري_سيٹ شامل_ہون فعال فعالسازي فعل_ قبول قبول_كرين
كلمه_المرور كلمه_مرور لاگ_ان ورود پاس_ورڈ پذيرش پذيرفتن پيوستن گذرواژه
# Ethiopic
መግቢያ ማረጋገ ተቀላቀል ተቀበል ተጋብዘ አረጋግጥ የይለፍ_ቃል ያረጋግጡ ዳግም ግባ ግብዣ
# India, Sri Lanka, Tibet
आमंत्र निमंत्र पंजीकरण पडताळ पासवर्ड पुष्टि प्रवेशशब्द रजिस्टर रीसेट लॉग_इन लॉगिन शामिल सक्रिय सत्याप साइन_इन सामील
स्वीकार আমন্ত্রণ গ্রহণ নিবন্ধন নিশ্চিত পাসওয়ার্ড প্রমাণি যাচাই যোগ_দি রিসেট লগ_ইন লগইন সক্রিয় ਤਸਦੀਕ ਪਾਸਵਰਡ ਪੁਸ਼ਟੀ
ਰੀਸੈਟ ਲੌਗ ਸਵੀਕਾਰ ਸ਼ਾਮਲ ਸੱਦਾ આમંત્રણ ચકાસ જોડા પાસવર્ડ પુષ્ટિ રીસેટ લૉગ સ્વીકાર ନିଶ୍ଚିତ ପାସୱାର୍ଡ அழைப்பு உறுதி உள்நுழை
ஏற்க ஏற்று கடவுச்சொல் சரிபார் செயல்படுத்த சேர மீட்டமை అంగీకరి ఆహ్వాన చేరండి ధృవీకర ధ్రువీకర నిర్ధార పాస్వర్డ్
పాస్‌వర్డ్ యాక్టివేట్ రీసెట్ లాగిన్ ಆಹ್ವಾನ ದೃಢೀಕ ಪರಿಶೀಲ ಪಾಸ್ವರ್ಡ್ ಮರುಹೊಂದಿ ಲಾಗಿನ್ ಸಕ್ರಿಯ ಸೇರಿ ಸ್ವೀಕರಿ ക്ഷണ ചേരു പരിശോധ
പാസ്വേഡ് പാസ്വേർഡ് പുനഃസജ്ജ റീസെറ്റ് ലോഗിൻ സജീവ സ്ഥിരീകര സ്വീകരി ආරාධන එක්වන්න තහවුරු නැවත_සකස් පිවිස පිළිගන් මුරපද
සක්‍රිය සත්‍යාප
# Thailand, Laos, Cambodia, Myanmar
คำเชิญ ยอมรับ ยืนยัน รหัสผ่าน รีเซ็ต ลงทะเบียน เข้าร่วม เข้าสู่ระบบ เชิญ เปิดใช้งาน ຍອມຮັບ ຕັ້ງ ຢືນຢັນ ລະຫັດຜ່ານ
ເຂົ້າສູ່ ເຂົ້າຮ່ວມ ເຊີນ စကားဝှက် ပါဝင် ပြန်လည် ဖိတ် လက်ခံ ဝင်ရောက် အတည်ပြု កំណត់ ចូល ចូលរួម ទទួលយក បញ្ជាក់ ផ្ទៀងផ្ទាត់
ពាក្យសម្ងាត់ អញ្ជើញ អះអាង
# Chinese and Japanese
サインイン パスワード リセット ログイン 再設定 加入 参加 启用 啟用 密码 密碼 承認 承諾 招待 接受 有効化 注册 激活 登入
登录 登錄 登録 确认 確認 註冊 認証 认证 邀請 邀请 重置 重設 重设 驗證 验证
# Korean
가입 로그인 비밀번호 수락 인증 재설정 참여 초대 확인 활성화
"""

# Unsubscribe, help, privacy, shop, follow, track, download; settings.
_AGAINST = """
# Latin letters
|abbestell |abi| |ablehnen |abmelden |abonelig |abonelikten |about_ |acheter |acquista |actividad |activite
|activiteit |activity |adatvedel |advice |afla |afmeld |afmelden |agb| |aide| |aiuto |ajuda |ajutor |aktivit
|aktivitat |aktivitet |aktywnos |alisveris |annuler_la |annulla |ansehen |anular_ |app_store |aprovech |aproveit
|assistenza |aterkalla |atividade |atrakst |atsauk |atsisak |attivita |authorise_payment |authorize_payment |avmeld
|avregistrer |avsluta_pren |ayuda |baca_ |baixar |baja| |bantuan |bekijk |bekraeft_betaling |bekrafta_betalning
|bekreft_betaling |belanja |beli |berhenti_lang |bestelling |betaling_bevestig |bevestig_betaling
|bevestig_je_betaling |blocca |blocheaza |block_ |blockera |blockier |blog |blokeeri |bloket |blokir |blokiraj
|blokkeer |blokker |blokuo |bloquea |bloquear |bloquer |book_ |boutique |buy_ |cabut |cancel |cancelar
|cancelar_suscrip |cancella |careers |chan_ |check_activity |code_kopieren |comprar |conferma_il_pagamento
|conferma_pagamento |confidential |confidentialit |confirm_payment |confirm_the_payment |confirm_your_payment
|confirma_tu_pago |confirmar_el_pago |confirmar_o_pagamento |confirmar_pagamento |confirmar_pago
|confirmer_le_paiement |confirmer_mon_paiement |confirmez_votre_paiement |conseils |consejos |conselhos |consells
|contact |contacto |contato |contatt |copia_codice |copia_il_codice |copiar_codigo |copiar_el_codigo |copier_le_code
|copy_code |copy_the_code |cronologia |cumpara |cymorth |czytaj |daha_fazla |darme_de_baja |darse_de_baja |datenschutz
|deactivate_ |deaktivier |decline |decouvr |denunciar |deny |desabonn |descarca |descargar |descubr |desinscri
|dezabon |disable_ |discover |disiscri doc_them |docs| |documentation |dowiedz |download |downloaden |einkaufen
|einstellungen |email_settings |en_savoir_plus |engelle |explore |factura |facture |faktur |faq |faragha |fattura
|fatura |find_out |follow_us |frameld |gecmis |gehitu |geschiedenis |get_the_app |gizlilik |goruntule |guide |gweld
|handla |help| |help_ |help_cent |hemsida |herunterladen |hilfe |historia |historial |historico |historik |historique
|history |hjaelp |hjalp |hjelp |hjemmeside |home_page |homepage |how_to_protect |hulp huy_dang_ky |ikusi |impressum
|imprint |incele |indir| |integritet |intrekken |iptal |istoric |j'en_profite |jejak |jetzt_sparen |jiondoe |join_call
|katso |kauppaan |keela |kjop |kob_ |kodu_kopyala |kontakt |konto_sichern |kop| |kop_ |kopiuj_kod |kotisivu |koupit
|kundeservice |kundservice |kup_ |kupi |lacak |ladda_ner |laes_mere |laguntza |las_mer |lasit |last_ned |lataa
|learn_how |learn_more |leer_mas |lees_hoe |lees_meer |lees_verder |legal |leggi |leiratkoz |ler_mais |les_mer |letilt
|letolt |lich_su |lihat |lire_la |lock_ |login_history |loja| |loobu |lue_ |magazin |manage_ |meer_weten |meeting
|megnez |megtekint |mehr_dazu |mehr_erfahren |meld_deg_av |melden_sie |mentions |more_info |msaada mua_ |muat_turun
|nahlasit_ |napoved |negozio |noraidit |not_me |notification_settings |nunua |nyomon |obchod |odemeyi_onayla |odhlas
|odjav |odmitn |odrzuc |odvolat |ohje |online-ansicht |ontdek |opozovi |opt-out |opt_out |order_now |osta |pagalba
|page_d'accueil |pagina_iniziale |pagina_principal |palidz |parduotuv |pay| |pay_ |personvern |peruuta |perziure
|play_store |pobierz |pogled |pomoc |potvrdit_platbu |potwierdz_platnosc |precist |preferences |preferencias |pregled
|preifat |preklic |prenes |prenumer |pribatutasun |prikazi |privacidad |privacidade |privacy |privasi |privatliv
|profite |protect_yourself |prywatn quyen_rieng_tu |raporteaza |rastrear |read_more |read_the |rechazar |rechnung
|recusar |reddet |redeem |refuser |reject |renew_ |report |reportar |reszletek |review_ |revoca |revoca_ |revocar
|revogar |revoke |revoquer |rezygn |rhagor |rifiuta |riwayat |saber_mas |saiba_mais |saznaj |scarica |scopri
|secure_account |secure_my |secure_your_account |securiser |security_cent |see_ |segitseg |segnala |seguir_ |sekat_
|selengkapnya |sendung |settings| |seuraa |shop |sign-in_history |signale_ |signaler |skaityk |skatit |sklep |sledovat
|sledz |so_schutz |soma |soukrom |spaerr |spara |sperr_ |sperren |sprawdz_ |stahnout |startseite |store|
|strona_glowna |suivre_ |sukrom |support| tai_ve tai_xuong |takip |tapahtum |tazama |telecharger |terms theo_doi
|thu_hoi |tienda |tietosuoja |tilbagekald |tilbakekall tim_hieu |tipps |tips |tovabb |traccia |track_ |trgovin
tro_giup |tuhista |uitschrijven |unduh |uniewazn |unsubscribe |upgrade |vaata |vasarl |vec_ |vedi |veikal |ver_
|verfolgen |verify_payment |verify_your_payment |verlauf |veure |vezi |viac |view_details |view_in |view_invoice
|view_online |view_order |view_this |vis_ |visa_ |visszavon |visualizza |voir_ |voorwaarden |web_version |webinar
|weigeren |weiterlesen |widerruf |winkel |withdraw |wypisz xem_ |yardim |zablokovat |zablokuj |zahlung_bestatig
|zahlung_freigeben |zasebnost |zglos_ |ziureti |zjistit |zobacz |zobrazit |zrusit |zur_bestellung
# Greek
|αγορ |ακυρωσ |ανακληση |απεγγραφ |αποκλεισ |απορρητ |βοηθεια |δειτε |διαβαστε |διαγραφη |δραστηρ |επικοινων
|ιστορικ |κατεβα |μαθετε |παρακολουθ |προβολη
# Cyrillic
|адклік |активнос |активніс |блокир |болдырм |виж_ |вижте |відклик |відмов |відпис |відстеж |детальніше |допомог
|дізна |заблок |заблокир |завантаж |изтегл |истори |каталог |конфиденц |конфіденц |купи |купити |купить |магазин
|налаштув |настройк |научете |одјав |опозови |отказаться |отклон |отмени |отменить |отозвать |отпис |отпиш
|отслед |пазарув |перегля |перейти_в |поверител |погледн |поддержк |подробнее |подтвердите_платеж
|подтвердить_платеж |помощ |помощь |посмотр |приватност |проследи |прочет |підтвердити_платіж |разгледа |сазнај
|скасув |скачать |скопировать_код |узнать |читати |читать
# Georgian and Armenian
Դիտել Տեսնել იხილეთ ნახვა
# Hebrew
ביטול הורד היסטור הסר_ הסרה חנות לפרטים לצפייה מעקב עזרה פעילות פרטיות צור_קשר צפה צפו קנה_ קנו קרא_
# Arabic
اتصل_بنا الخصوصيه السجل الغاء الغاء_الرمز المزيد المساعده النشاط بيشتر تاريخچه تتبع تحميل تسوق حريم_خصوصي حظر_
خريد دانلود رازداري راهنما عرض_ لغو لغو_اشتراك مدد مساعده مشاهده
# India, Sri Lanka, Tibet
अनसब्सक्राइब इतिहास और_जान और_पढ़ खरीद गोपनीयता ट्रैक डाउनलोड देखें मदद सदस्यता_समाप्त सहायता আনসাবস্ক্রাইব আরও কিনুন গোপনীয়তা
দেখুন সাহায্য உதவி தனியுரிமை மேலும் வாங்க గోప్యత సహాయం ಗೌಪ್ಯತೆ ಸಹಾಯ സഹായ സ്വകാര്യത
# Thailand, Laos, Cambodia, Myanmar
ความเป็นส่วนตัว ช่วยเหลือ ช้อป ซื้อ ดาวน์โหลด ดูราย ดูสินค้า ติดตาม ประวัติ ยกเลิก อ่านต่อ อ่านเพิ่มเติม
# Chinese and Japanese
お問い合わせ お支払いを確認 コードをコピー ショップ ダウンロード プライバシー ヘルプ 下載 下载 了解更多 冻结
凍結 取り消 取消 商店 复制验证码 封鎖 履历 履歴 帮助 幫助 撤銷 撤销 支払いを確認 查看 浏览 瀏覽 物流 确认付款
確認付款 紀錄 続きを読む 联系 聯絡 見る 解除 記錄 詳しく 詳細 记录 購入 購買 购买 追跡 退訂 退订 配信停止
配信解除 閱讀 阅读 隐私 隱私
# Korean
결제_확인 개인정보 고객센터 구매 기록 다운로드 더_보기 도움말 배송 보기 쇼핑 수신_거부 수신거부 자세한_내용
자세히 확인하실_수 확인할_수
"""

# Where mails are looked at, when a link says so; where addresses are opened, when the words before one do.
_BROWSER = """
# Latin letters
|bongesz |brauser |browser |im_browser |navegador |navigateur |nettleser |parluk |peramban |preglednik |prehliadac
|prohlizec |przegladar |selaim |tarayici |trinh_duyet |webblasar
# Greek
|περιηγη
# Cyrillic
|браузер
# Hebrew
דפדפן
# Arabic
المتصفح
# Thailand, Laos, Cambodia, Myanmar
เบราว์เซอร์
# Chinese and Japanese
ブラウザ 浏览器 瀏覽器
# Korean
브라우저
"""

# "It was not you", said before a link in notices.
_NOT_YOU = """
# Latin letters
|bukan_anda |bukan_kamu |das_nicht_war |das_nicht_warst |did_not |didn't |do_not_recogni |don't_recogni |du_das_nicht
|ei_teie |et_ollut |et_sina |if_this_wasn't |ikke_deg |ikke_dig |inte_du |jei_tai_ne khong_phai_ban |n'est_pas_vous
|n'etait_pas |n'etiez_pas |nao_foi |nao_fui |nao_reconhec |nebyli_jste |nem_on |neste_to |nicht_du |nicht_selbst
|nicht_sie |nicht_von_ihnen |nie_ty |niet_door |niet_jij |niet_u |niste_bili |niste_vi |no_fui |no_fuiste |no_has_sido
|no_reconoc |non_eri |non_riconosc |non_sei_stato |not_me |not_you |nu_ai_fost |nu_ati_fost |nuk_ishe |pas_vous
|sie_das_nicht |siz_degil |siz_emas |tas_nebij |to_nie_ty |was_not_you |wasn't_me |wasn't_you
# Greek
|δεν_ησασταν |δεν_ησουν
# Cyrillic
|не_ви |не_вы |не_сте |не_узна
# Hebrew
|לא_אתה |לא_אתם |לא_ביצע
# Arabic
شما_نبود لم_تقم لم_تكن
# India, Sri Lanka, Tibet
आप_नहीं आपने_नहीं
# Thailand, Laos, Cambodia, Myanmar
ไม่ใช่คุณ
# Chinese and Japanese
不是你 不是您 心当たり 非本人
# Korean
본인이_아니 본인이_아닌
"""

# "If … not": how a notice of what has been done speaks to whoever has not done it.
_IF = """
# Latin letters
|ak| |ako| |als| |amennyiben| |apabila| |caso| |ce| |daca| |ef| |eger| |falls| |ha| |hvis| |if| |ikiwa| |indien| |ja|
|jei| |jeigu| |jesli| |jestlize| |jezeli| |jika| |jos| |kalau| |kui| |kung| |nese| |neu| |om| |os| |pokud| |se|
|si| |sofern| |sollten_sie| |solltest_du| |ukoliko| |wenn|
# Greek
|αν| |εαν|
# Cyrillic
|ако| |егер| |если| |калі| |хэрэв| |эгер| |якщо|
# Georgian and Armenian
|եթե| |თუ|
# Hebrew
|אם|
# Arabic
|اذا| |ان| |اگر|
# India, Sri Lanka, Tibet
|अगर| |यदि| |যদি| |ਜੇ| |જો|
# Thailand, Laos, Cambodia, Myanmar
ถ้า หาก ຖ້າ បើ
# Chinese and Japanese
もし 场合 場合 如果 如非 若
# Korean
경우 만약
"""
_NOT = """
# Latin letters
|bukan| |degil |degistirmed |ei| |ej| |ekki| |et_ole| |et_tehn |et_vaihta |etmed |ette| |geen| |hindi| |ikke| |inte|
|kein| |khong| |n'avez| |n'est| |n'etes| |nao| |ne| |neatlik |neboli |nebyl |nedarij |neesat |nekeit |nem| |nemenil
|nepadar |nepozad |neproved |nesate |neuprav |nevykon |neziad |nezmen |nicht| |nid| |nie| |niet| |nije| |nisi| |niste|
|no| |non| |not| |nu| |nuk| |pas| |pole| |sina_et| |tidak| |yapmad n't|
# Greek
|δεν|
# Cyrillic
|биш| |емес |не| |нисте| |эмес
# Georgian and Armenian
|չեն |չեք |არ|
# Hebrew
|אינך| |לא|
# Arabic
|لم| |ليس| |نبود |نداد |نكرد
# India, Sri Lanka, Tibet
|नहीं| |না| |ਨਹੀਂ| |નથી|
# Thailand, Laos, Cambodia, Myanmar
ไม่ ບໍ່ មិន
# Chinese and Japanese
ない なかった 不是 並非 并非 未 没 沒
# Korean
아니 않
"""

# What is kept by coming: an appointment, a table, a stay. Who confirms it confirms no address.
_VISIT = """
# Latin letters
|afspraak |appointment |appuntament |attendance |besuch| |bokning |booking |broneering |cita| |consulta| |foglalas
|idopont |janji_temu |my_stay |my_visit |prenotazion |presence| |programare |randevu |rdv| |rendez-vous |reserva|
|reservation |reservering |reservierung |rezervac |rezervare |rezerwacj |termin| |terminu| |tid| |varaus |visita|
|visite| |wizyt |your_stay |your_visit
# Greek
|κρατηση |ραντεβου
# Cyrillic
|бронир |бронюван |визит |візит |прием| |резервац
# Hebrew
|תור|
# Arabic
حجز موعد
# Thailand, Laos, Cambodia, Myanmar
จอง นัดหมาย
# Chinese and Japanese
予約 挂号 掛號 預約 预约
# Korean
예약
"""

# What is confirmed with an address of one's own, whatever it is for: "Confirm your e-mail for the reservation".
_ACCOUNT = """
# Latin letters
|account |adresa |adres| |adress |cont| |conta| |conto| |contrasen |compte |cuenta |courriel |correo |e-mail |e-post
|email |epost |hasl |hesl |konto| |kontot| |losenord |mail |mot_de_passe |parola |passwor |passord |posta| |rekening
|salasana |senha |sifre |wachtwoord
# Cyrillic
|аккаунт |адрес |логин |парол |пошт |почт |профил
# Greek
|λογαριασμ |κωδικ |email
# Hebrew
|דואר |חשבון |סיסמ |מייל
# Arabic
بريد حساب كلمة_المرور ایمیل رمز
# Thailand
บัญชี อีเมล รหัสผ่าน
# Chinese and Japanese
アカウント メール パスワード 密码 密碼 帐号 帐户 帳號 帳戶 账号 账户 邮箱 郵件 郵箱
# Korean
계정 메일 비밀번호
"""

# What is over and done, in a subject: verified, changed, counted up for the week. Nothing is left to confirm.
_DONE = """
# Latin letters
|a_ete_active |a_ete_confirme |a_ete_valide |a_ete_verifie |a_fost_confirmat |a_fost_verificat |ar_bekraftad
|are_verified |been_activated |been_approved |been_confirmed |been_reset |been_unlocked |been_verified
|bien_ete_confirme |bolo_overene |byl_aktivovan |byla_overena |bylo_overeno |changelog |co_je_noveho |co_nowego
|da_duoc_xac_minh |da_duoc_xac_nhan |das_ist_neu |digest |dogrulandi |e_stata_confermata |e_stata_verificata
|e_stato_attivato |e_stato_confermato |e_stato_verificato |er_bekraeftet |er_bekreftet |er_verificeret |er_verifisert
|erfolgreich_bestatigt |erfolgreich_verifiziert |foi_ativad |foi_confirmad |foi_verificad |ha_sido_activad
|ha_sido_confirmad |ha_sido_verificad |hai_verificato |har_aktiverats |har_bekraftats |har_verifierats |has_verificado
|is_bevestigd |is_complete| |is_confirmed| |is_geactiveerd |is_geverifieerd |is_now_active |is_verified |ist_bestatigt
|megerositettuk |megerositve |monatsbericht |monthly_report |monthly_summary |neler_yeni |neuigkeiten |nouveautes
|novedades |novidades |novita_ |now_verified |nyheder_i |nyheter_i |on_vahvistettu |onaylandi |quoi_de_neuf
|release_notes |se_ha_confirmado |se_ha_verificado |successfully_confirmed |successfully_verified |telah_dikonfirmasi
|telah_disahkan |telah_diverifikasi |verification_complete |was_approved |was_confirmed |was_ist_neu |was_verified
|wat_is_er_nieuw |weekly_report |weekly_summary |what's_new |what_is_new |whats_new |wochenbericht |wurde_aktiviert
|wurde_bestatigt |wurde_freigeschaltet |wurde_verifiziert |you've_confirmed |you've_successfully |you've_verified
|you_have_verified |you_verified |zostal_potwierdzon |zostal_zweryfikowan |zostala_zweryfikowan |zostalo_aktywowan
|zostalo_zweryfikowan
# Greek
|επαληθευτηκε |επιβεβαιωθηκε
# Cyrillic
|верифицирован |верифіковано |подтвержден| |подтверждена| |потврђен| |потврђена| |потвърден| |потвърдена|
|підтверджено |что_нового |що_нового
# Hebrew
אומת| אומתה| |אושר| |אושרה|
# Arabic
تاييد_شد تم_التحقق تم_تاكيد تم_تفعيل
# India, Sri Lanka, Tibet
सत्यापित_किया_गया सत्यापित_हो_गय
# Thailand, Laos, Cambodia, Myanmar
ยืนยันเรียบร้อย ยืนยันแล้ว
# Chinese and Japanese
已通过验证 已驗證 已验证 新功能 新機能 最新消息 登録完了 確認が完了 認証が完了 認証完了 驗證成功 验证成功 验证通过
# Korean
새로운_기능 인증_완료 인증되었 인증이_완료 확인되었
"""

ACCOUNT = Lexicon((Kind.VERIFY, _ACCOUNT))
"""Addresses, accounts and passwords: what a visit is not confirmed with."""
DONE = Lexicon((Kind.NOTICE, _DONE))
UNLESS = Lexicon((Kind.CUE, _IF), (Kind.NOT_YOU, _NOT))
"""Both in one sentence say "if you did not"."""

LINKS = Lexicon(
    (Kind.ACTION, _ACTION),
    (Kind.AGAINST, _AGAINST),
    (Kind.SCREEN, _BROWSER),
    (Kind.NOT_YOU, _NOT_YOU),
    (Kind.TRADE, _VISIT),
    (Kind.VERIFY, codewords_positive.VERIFY),
    (Kind.OTP, codewords_positive.OTP),
    (Kind.OTHER, codewords_negative.OTHER),
    (Kind.GIFT, codewords_trade.GIFT),
    (Kind.ROOM, codewords_trade.ROOM),
    (Kind.NOTHING, codewords_negative.NOTHING),
)
