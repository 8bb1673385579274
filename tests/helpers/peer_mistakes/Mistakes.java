// Broken tokens as the standard library of Java makes them. Run by generate.py with a PKCS#8 key.
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.interfaces.*;
import java.security.spec.*;
import java.util.*;
import java.util.zip.Deflater;
import javax.crypto.*;
import javax.crypto.spec.*;

public class Mistakes {
    static final SecureRandom RANDOM = new SecureRandom();
    static final byte[] TEXT = ("{\"card\":\"canary-5513651111111111\",\"padding\":\"" + "x".repeat(40) + "\"}").getBytes(StandardCharsets.UTF_8);
    static final List<String> OUT = new ArrayList<>();

    interface Wrap { byte[] wrap(byte[] cek) throws Exception; }
    interface Aad { byte[] of(String head) throws Exception; }

    static byte[] draw(int size) { byte[] raw = new byte[size]; RANDOM.nextBytes(raw); return raw; }
    static String b64(byte[] raw) { return Base64.getUrlEncoder().withoutPadding().encodeToString(raw); }

    static void add(String name, String code, String key, String token, String more) {
        String text = token.replace("\\", "\\\\").replace("\"", "\\\"").replace("\r", "\\r").replace("\n", "\\n");
        OUT.add("{\"by\":\"java\",\"name\":\"" + name + "\",\"code\":\"" + code + "\",\"key\":\"" + key + "\",\"token\":\"" + text + "\"" + more + "}");
    }

    static byte[][] gcm(String header, Wrap wrap, Aad aad, byte[] plaintext) throws Exception {
        byte[] cek = draw(32), iv = draw(12);
        String head = b64(header.getBytes(StandardCharsets.UTF_8));
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(cek, "AES"), new GCMParameterSpec(128, iv));
        cipher.updateAAD(aad.of(head));
        byte[] sealed = cipher.doFinal(plaintext);
        return new byte[][] {head.getBytes(), wrap.wrap(cek), iv, Arrays.copyOf(sealed, sealed.length - 16), Arrays.copyOfRange(sealed, sealed.length - 16, sealed.length)};
    }

    static String join(byte[][] t) { return new String(t[0]) + "." + b64(t[1]) + "." + b64(t[2]) + "." + b64(t[3]) + "." + b64(t[4]); }

    static byte[] deflated(byte[] raw) {
        Deflater deflater = new Deflater();
        deflater.setInput(raw); deflater.finish();
        byte[] room = new byte[1000];
        return Arrays.copyOf(room, deflater.deflate(room));
    }


    public static void main(String[] args) throws Exception {
        RSAPrivateCrtKey rsa = (RSAPrivateCrtKey) KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(args[0]))));
        PublicKey rsaPublic = KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
        PrivateKey ec = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(args[1]))));
        String header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}";
        String hidden = ",\"hidden\":true,\"opens\":true", opens = ",\"opens\":true", jws = ",\"expect\":\"jws\"";
        Aad sent = head -> head.getBytes(StandardCharsets.US_ASCII);
        Wrap right = cek -> {
            Cipher c = Cipher.getInstance("RSA/ECB/OAEPPadding");
            c.init(Cipher.ENCRYPT_MODE, rsaPublic, new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
            return c.doFinal(cek);
        };
        for (String[] named : new String[][] {{"RSA/ECB/OAEPWithSHA-256AndMGF1Padding", "mgf1"}, {"RSA/ECB/OAEPWithSHA-1AndMGF1Padding", "oaep_hash"}, {"RSA/ECB/OAEPPadding", "oaep_hash"}, {"RSA", "rsa1_5_used"}})
            add(named[0], named[1], "rsa", join(gcm(header, cek -> { Cipher c = Cipher.getInstance(named[0]); c.init(Cipher.ENCRYPT_MODE, rsaPublic); return c.doFinal(cek); }, sent, TEXT)), hidden);
        byte[][] t = gcm(header, right, sent, TEXT);
        byte[] whole = Arrays.copyOf(t[3], t[3].length + 16);
        System.arraycopy(t[4], 0, whole, t[3].length, 16);
        add("doFinal in the fourth segment", "tag_appended", "rsa", join(new byte[][] {t[0], t[1], t[2], whole, {}}), opens);
        t = gcm(header, right, sent, TEXT);
        for (int at = 1; at < 5; at++) t[at] = new String(t[at], StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.UTF_8);
        add("new String(raw, ISO_8859_1)", "text_latin1", "rsa", join(t), opens);
        t = gcm(header, right, sent, TEXT);
        for (int at = 1; at < 5; at++) t[at] = new String(t[at]).getBytes();
        add("new String(raw)", "text_lost", "rsa", join(t), "");
        add("getBytes(UTF_16LE) as AAD", "aad_utf16", "rsa", join(gcm(header, right, head -> head.getBytes(StandardCharsets.UTF_16LE), TEXT)), hidden);
        add("the decoded header as AAD", "aad_decoded", "rsa", join(gcm(header, right, head -> header.getBytes(), TEXT)), hidden);
        add("Deflater without nowrap", "zip_zlib", "rsa", join(gcm("{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"zip\":\"DEF\"}", right, sent, deflated(TEXT))), hidden);
        add("getMimeEncoder of the token", "base64_token", "rsa", Base64.getMimeEncoder().encodeToString(join(gcm(header, right, sent, TEXT)).getBytes()), opens);
        add("BigInteger.toByteArray of the encrypted key", "rsa_leading_zero", "rsa", bigInteger(header, right, sent), opens);
        String head = b64("{\"alg\":\"ES256\"}".getBytes()) + "." + b64(TEXT);
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(ec); signature.update(head.getBytes());
        add("SHA256withECDSA", "ecdsa_der", "ec", head + "." + b64(signature.sign()), opens + jws);
        head = b64("{\"alg\":\"PS256\"}".getBytes()) + "." + b64(TEXT);
        signature = Signature.getInstance("RSASSA-PSS");
        signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA1, 32, 1));
        signature.initSign(rsa); signature.update(head.getBytes());
        add("PSS with MGF1ParameterSpec.SHA1", "pss_mgf1", "rsa", head + "." + b64(signature.sign()), hidden + jws);
        signature.setParameter(new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 20, 1));
        signature.initSign(rsa); signature.update(head.getBytes());
        add("PSS with the salt of its default", "pss_salt", "rsa", head + "." + b64(signature.sign()), hidden + jws);
        signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(rsa); signature.update(head.getBytes());
        add("SHA256withRSA for PS256", "pkcs1_for_pss", "rsa", head + "." + b64(signature.sign()), hidden + jws);
        System.out.println("[" + String.join(",", OUT) + "]");
    }

    static String bigInteger(String header, Wrap right, Aad sent) throws Exception {
        while (true) {
            byte[][] t = gcm(header, right, sent, TEXT);
            byte[] number = new BigInteger(1, t[1]).toByteArray();
            if (number.length != t[1].length) { t[1] = number; return join(t); }
        }
    }
}
